"""Paying an order through Midtrans: attempts, what Midtrans says of them, meeting links, expiry."""
