"""Tests of arriving at sessions elsewhere."""
