"""What Midtrans told, and where it differs from the ledger."""
