"""The protocols that connectors implement, and the facts they state about their vendor."""
