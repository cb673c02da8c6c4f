"""The REST API: versions 2, 3 and `latest` over one store."""
