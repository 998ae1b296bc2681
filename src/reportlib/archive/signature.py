"""Detached signatures by OpenSSH (`ssh-keygen -Y`), which every machine has."""

from __future__ import annotations

import subprocess
from pathlib import Path

from reportlib.errors import ReportError

NAMESPACE = "ppo-report"


def sign(path: Path, key: Path) -> None:
    """Sign a file with a private key, or with a public one whose private half the agent holds, as `path` with `.sig`.

    Raises ReportError where the key cannot be used.
    """
    signature = path.with_name(f"{path.name}.sig")
    signature.unlink(missing_ok=True)
    done = _ssh("sign", "-n", NAMESPACE, "-f", str(key), str(path))
    if done.returncode or not signature.exists():
        why = (_lines(done.stderr) or ["ssh-keygen gives no reason"])[-1]
        raise ReportError(f"{key} cannot be used to sign: {why}")


def signers(path: Path, allowed: Path) -> list[str]:
    """Who signed a file: every name that `allowed` gives the key.

    Raises ReportError unless the signature is there, fits the file and is by a key of that list.
    """
    signature = path.with_name(f"{path.name}.sig")
    if not allowed.is_file():
        raise ReportError(
            f"There is no {allowed}, the list of who may sign; docs/review-and-sign-off.md says how to write it."
        )
    if not signature.exists() or not path.exists():
        raise ReportError(f"{path.name} or its signature is missing.")
    found = _ssh("find-principals", "-s", str(signature), "-f", str(allowed))
    names = _lines(found.stdout)
    if found.returncode or not names:
        raise ReportError(f"{signature.name} is not by a key in {allowed.name}.")
    for name in names:
        where = ("-f", str(allowed), "-I", name, "-n", NAMESPACE, "-s", str(signature))
        done = _ssh("verify", *where, given=path.read_bytes())
        if done.returncode:
            raise ReportError(f"{signature.name} does not fit {path.name}: one of them was changed.")
    return names


def _ssh(action: str, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["ssh-keygen", "-Y", action, *arguments], input=given, capture_output=True, check=False)
    except FileNotFoundError:
        raise ReportError("ssh-keygen is not installed; it comes with OpenSSH.") from None


def _lines(text: bytes) -> list[str]:
    return [line.strip() for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
