"""Tests of the realtime plumbing."""
