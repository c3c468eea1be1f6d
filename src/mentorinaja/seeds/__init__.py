"""The demo world: believable people, made through the product's own actions."""
