"""Conversations without a clock: the expert finishes, the user accepts or objects."""
