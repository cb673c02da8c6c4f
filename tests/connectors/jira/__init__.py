"""Tests of the Jira simulator."""
