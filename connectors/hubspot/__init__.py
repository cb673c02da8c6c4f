"""HubSpot tickets: where the customer speaks."""
