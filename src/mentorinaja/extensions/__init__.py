"""More time for a running session: asked for, answered, paid."""
