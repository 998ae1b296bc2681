"""Disclosure control: no one can be found in what is published."""

from reportlib.disclosure.policy import CountTable, Exemption, Policy, Relations
from reportlib.disclosure.suppress import Pattern, protect

__all__ = ["CountTable", "Exemption", "Pattern", "Policy", "Relations", "protect"]
