"""What admins did: who, what, when, from where and why, in a log that nobody can change."""
