"""Tests of more time for sessions."""
