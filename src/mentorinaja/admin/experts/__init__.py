"""Mentors on the desk: applications, and which profiles stand in the lists."""
