"""The pure decisions: examples rule by rule, and laws over generated situations."""
