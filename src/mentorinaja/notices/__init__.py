"""Mail: rows of an outbox written in the transaction of what they tell, sent by jobs over SMTP."""
