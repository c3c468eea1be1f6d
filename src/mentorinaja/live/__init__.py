"""Realtime plumbing: the doorbell's hub and streams of HTML. Knows no feature."""
