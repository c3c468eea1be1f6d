"""Fees, tax and rules that an admin can change: each change is a new row, and orders keep those of their day."""
