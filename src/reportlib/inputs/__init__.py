"""The inputs: extracts made into typed Parquet, checked against contracts, and counted."""

from reportlib.inputs.findings import listing, report
from reportlib.inputs.rules import check
from reportlib.inputs.sources import Source, read, read_all

__all__ = ["Source", "check", "listing", "read", "read_all", "report"]
