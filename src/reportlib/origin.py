"""What a report follows from: parameters, responses, inputs, lock and code. Their digest names the run."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import re
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportlib.inputs.paths import stood
from reportlib.params import Params
from reportlib.project import CODE, LOCK, ROOT, code_digests

if TYPE_CHECKING:
    from reportlib.build.released import Publication

VERSION = "version.json"  # beside code that stands in an archive, where git cannot be asked
# Whoever runs the code of another user may also read its version.
GIT = ("git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT))
PINNED = re.compile(r"^([\w.-]+)==", re.MULTILINE)


@dataclass(frozen=True)
class Origin:
    """The SHA-256 digests of everything that a report follows from: of nothing that tells when or where."""

    parameters: str
    responses: str
    inputs: str
    lock: str
    code: str

    @property
    def run_id(self) -> str:
        """The name of the run: 16 hexadecimal digits."""
        return _digest(json.dumps(asdict(self), sort_keys=True))[:16]


def portable(params: Params, before: Iterable[Publication]) -> Params:
    """The parameters with paths that hold in a copy of the project, and so name no place of this machine.

    `before` are the earlier reports that the parameters name; a digest stands in the path of each.
    """
    inputs = {name: stood(str(name), spec, ROOT) for name, spec in params.inputs.items()}
    disclosure = params.disclosure.model_copy(update={"earlier": tuple(release.place for release in before)})
    return params.model_copy(update={"inputs": inputs, "disclosure": disclosure})


def origin(params: Params, digests: Mapping[str, str], responses: Mapping[str, str]) -> Origin:
    """What a report with these parameters, and inputs of these checksums, follows from; `params` are portable."""
    inputs = [f"{name} {digests[name]}" for name in sorted(digests)]
    return Origin(
        parameters=_digest(params.model_dump_json()),
        responses=_digest(json.dumps(dict(responses), sort_keys=True)),
        inputs=_digest("\n".join(inputs)),
        **code_digests(),
    )


def code_version() -> dict[str, Any]:
    """The last commit that changed the code, whether it was changed since, and its digest.

    `commit` is empty where neither git nor an archive can tell.
    """
    own = code_digests()["code"]
    kept = ROOT / VERSION
    if kept.exists():
        held: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return {"commit": held["commit"], "dirty": held["dirty"] or held["code"] != own, "code": own}
    paths = [*CODE, LOCK]
    commit = _git("log", "-1", "--format=%H", "--", *paths).decode().strip()
    return {"commit": commit, "dirty": not commit or bool(_git("status", "--porcelain", "--", *paths)), "code": own}


def checked_out(commit: str, folder: Path) -> bool:
    """Put the code of a commit into a folder; False where this repository does not hold it."""
    held = _git("archive", commit, *CODE, LOCK) if re.fullmatch("[0-9a-f]{40,64}", commit) else b""
    if held:
        with tarfile.open(fileobj=io.BytesIO(held)) as files:
            files.extractall(folder, filter="data")
    return bool(held)


def environment() -> dict[str, Any]:
    """The version of Python, and of every package of the lock that is installed."""
    names = sorted(set(PINNED.findall((ROOT / LOCK).read_text(encoding="utf-8"))))
    return {"python": platform.python_version(), "packages": dict(_installed(names))}


def _installed(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        try:
            yield name, version(name)
        except PackageNotFoundError:  # for another system, or another Python
            continue


def _git(*arguments: str) -> bytes:
    """What git gives; nothing where it fails, or is not there."""
    try:
        return subprocess.run([*GIT, *arguments], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return b""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
