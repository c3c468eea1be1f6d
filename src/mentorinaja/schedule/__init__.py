"""Schedules: when an expert works, which slots are free, and who is ready this minute."""
