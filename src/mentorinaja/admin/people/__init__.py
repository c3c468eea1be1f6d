"""Users and mentors on the desk."""
