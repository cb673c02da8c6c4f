"""The addresses of the simulated API."""
