"""Files for the bank: transfers by hand, of whatever kind, put together, written down and downloaded."""
