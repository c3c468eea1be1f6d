"""The admins' desk: lists, cases and decisions over everything, and whether the money is whole."""
