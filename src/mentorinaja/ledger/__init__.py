"""The double-entry ledger: every rupiah that moves, from the first payment on."""
