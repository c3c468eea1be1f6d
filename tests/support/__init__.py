"""What tests share: a database each, servers over real HTTP, people and things in the database."""
