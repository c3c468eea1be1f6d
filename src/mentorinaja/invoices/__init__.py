"""Invoices, credit notes and statements: numbered without gaps, never changed, read as pages and as files."""
