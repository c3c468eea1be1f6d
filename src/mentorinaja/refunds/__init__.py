"""Carrying refunds out: by the gateway where it can, else by hand to the payer's bank account."""
