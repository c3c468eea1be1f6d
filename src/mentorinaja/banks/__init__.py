"""Bank accounts that money is sent to: the banks and their codes, what people type, and how numbers are kept."""
