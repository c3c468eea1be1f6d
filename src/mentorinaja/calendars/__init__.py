"""Calendars: own sessions for calendar programs, and busy times from calendars outside."""
