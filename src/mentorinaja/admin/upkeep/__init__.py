"""Mails and jobs on the desk."""
