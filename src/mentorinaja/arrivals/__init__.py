"""Coming to a session that takes place elsewhere: by its link, or in person."""
