"""What outlives a run: its bundle, the audit that makes it again, and where each figure comes from."""
