"""One folder a vendor; `connectors.registry` is the explicit list of them."""
