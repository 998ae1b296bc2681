"""Hypothesis settings for all statistics: the same examples every time, no clock."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("statistics", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("statistics")
