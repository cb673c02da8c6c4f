"""The vendor's HTTP API: one handler for each resource, under every prefix it is served at."""
