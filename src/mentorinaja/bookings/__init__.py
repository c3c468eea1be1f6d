"""Orders and bookings: the form, the states they move through, Riwayat."""
