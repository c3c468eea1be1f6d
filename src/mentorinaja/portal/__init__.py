"""The mentor's own pages: coming sessions, readiness, earnings and transactions."""
