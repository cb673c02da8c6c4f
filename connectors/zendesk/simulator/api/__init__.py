"""The vendor's API over one account."""
