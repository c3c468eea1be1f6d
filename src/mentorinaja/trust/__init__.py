"""Trust from facts: what recorded sessions say of an expert, and pauses of experts who do not come or answer."""
