"""Tests of reports and their decisions."""
