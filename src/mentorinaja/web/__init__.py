"""HTTP plumbing: pages, sign-in of a request, forms, errors, headers. Knows no feature."""
