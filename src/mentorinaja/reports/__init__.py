"""What was wrong with a session: one side reports it, an admin decides."""
