"""Pages for people: rendered on the server, with nothing fetched from elsewhere."""
