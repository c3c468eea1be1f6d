"""Becoming a mentor: a form in steps that keeps what was typed, what an admin decides on it, and who is told."""
