"""Zendesk Support: tickets, comments and webhooks. So far only the vendor's simulator."""
