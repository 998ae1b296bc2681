"""Checks on finished files, each a function that says what it checks and yields what it finds."""
