"""Fees and rules on the desk."""
