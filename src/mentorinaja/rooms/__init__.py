"""The session room: its clock, its messages, its stream, and the transcript afterwards."""
