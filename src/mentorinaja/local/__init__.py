"""Stand-ins for outside services, for the demo and the tests: PostgreSQL, mail, Midtrans."""
