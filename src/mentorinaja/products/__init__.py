"""Digital products: offered by experts, bought like sessions, kept in a library, fetched a counted number of times."""
