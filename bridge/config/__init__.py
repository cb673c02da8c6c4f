"""Settings of the environment, bridge.yaml and mapping files: read, checked and explained."""
