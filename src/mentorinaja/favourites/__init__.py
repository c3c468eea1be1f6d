"""Experts that somebody keeps, and the wish to be told when one of them has a free slot."""
