"""MentorinAja: a marketplace where people book and consult mentors."""
