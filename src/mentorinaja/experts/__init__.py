"""Experts: who they are, what they sell, and finding them."""
