"""Where the project's own files stand."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "data" / "contracts" / "datapackage.json"
PUBLISHED = ROOT / "data" / "published"
CODES = ROOT / "data" / "codes"
NOTEBOOKS = ROOT / "notebooks"
OUTPUTS = ROOT / "outputs"
CODE = ("src/reportlib", "notebooks", "data/codes", "data/contracts", "data/published")
SUFFIXES = {".py", ".ipynb", ".csv", ".json", ".toml", ".j2", ".css", ".typ"}


def code_digests(root: Path = ROOT) -> dict[str, str]:
    """SHA-256 of the project's code, and of the lock of what it stands on."""
    code = hashlib.sha256()
    for path in (path for folder in CODE for path in sorted((root / folder).rglob("*")) if path.suffix in SUFFIXES):
        code.update(f"{path.relative_to(root).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    lock = hashlib.sha256((root / "requirements.lock").read_bytes())
    return {"code": code.hexdigest(), "lock": lock.hexdigest()}
