"""Reproducible reporting on race equality in prisons and probation."""

import sys

# jsonschema imports it, for addresses that nothing here checks, and it takes longer than all the rest of nbformat.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
