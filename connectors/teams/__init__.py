"""Microsoft Teams: notices to a channel, as Adaptive Cards handed to a workflow."""
