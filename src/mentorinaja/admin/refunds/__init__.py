"""Refunds on the desk: evidence, decisions, files for the bank."""
