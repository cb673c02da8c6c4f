"""Rocketlane: its simulator, and the connector to it."""
