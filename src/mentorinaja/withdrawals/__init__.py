"""What experts earned is paid out: asked for by them, decided by an admin, sent by the bank."""
