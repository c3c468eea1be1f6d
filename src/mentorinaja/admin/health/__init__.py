"""Whether the money is whole, what waits, and what was sold."""
