"""What comes after a run: its bundle and the audit that makes it again, what moved between two, review and sign-off."""
