"""Measures of the hub, each with a bare reference taken in the same run. Never timed tests."""
