"""Reviews: what somebody says of a mentor after a session."""
