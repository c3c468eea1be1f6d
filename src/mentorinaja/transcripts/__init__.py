"""A conversation after its end: its seals and their checking, its transcript, and its deletion in time."""
