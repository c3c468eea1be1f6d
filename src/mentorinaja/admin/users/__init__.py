"""Everybody with an account, on the desk."""
