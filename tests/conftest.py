"""What all tests share: Hypothesis settings, the same examples every time and no clock."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("reportlib", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("reportlib")
