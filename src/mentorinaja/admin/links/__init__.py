"""Meeting links on the desk."""
