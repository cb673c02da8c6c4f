"""Jira Cloud: issues of a site. So far only the vendor's second implementation."""
