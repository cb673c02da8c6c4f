"""The imperative shell, a file a stage: no transaction is open while HTTP is in flight."""
