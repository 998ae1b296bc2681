"""Disclosure control: no one can be found in what is published."""

from reportlib.disclosure.audit import Bounds, audit, feasible_interval
from reportlib.disclosure.policy import CountTable, Exemption, Policy, Relations, Tables, Told
from reportlib.disclosure.suppress import Pattern, protect
