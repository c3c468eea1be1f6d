"""Reported sessions on the desk: what was recorded, and what goes back."""
