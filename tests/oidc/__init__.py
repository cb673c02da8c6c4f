"""Signing in by a provider: a provider in a process of its own, honest or not."""
