"""The limits: the barest programs that do the same work, served in the same way on the same core."""
