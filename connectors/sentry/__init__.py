"""Sentry: where errors of the product are gathered, and customers never look."""
