"""The hub's doors: webhooks, and the JSON API that other programs rely on."""
