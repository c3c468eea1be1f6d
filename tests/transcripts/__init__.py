"""Tests of seals, transcripts and the deletion of conversations."""
