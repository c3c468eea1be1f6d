"""People: registering, signing in and out, recovering a password, the own profile."""
