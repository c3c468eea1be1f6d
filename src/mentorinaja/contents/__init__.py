"""What bytes that somebody sent really are: checked and drawn anew, apart from everything else. Knows no feature."""
