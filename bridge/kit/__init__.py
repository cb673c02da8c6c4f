"""Domain-free parts: signatures, HTTP, rate limits, clock, rich text, faults."""
