"""Orders on the desk: found, told in full, and decided on."""
