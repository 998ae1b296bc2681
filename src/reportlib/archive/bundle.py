"""The bundle of a run: all that an auditor needs to make the report again, in one zip."""

from __future__ import annotations

import io
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML

from reportlib.archive import bag, crate
from reportlib.build.released import Publication
from reportlib.errors import ReportError
from reportlib.inputs.contracts import contracts
from reportlib.inputs.paths import SNAPSHOTS, digest
from reportlib.inputs.sources import Source
from reportlib.origin import VERSION, code_version
from reportlib.params import Params
from reportlib.project import LOCK, ROOT, code_files, files_below
from reportlib.responses import responses_file

ALWAYS = ("published", "synthetic")  # inputs of these statuses are archived; extracts are not
# What the project needs besides its code, to be installed from where it stands.
BESIDE = (LOCK, "README.md", "LICENSE", "data/LICENCE.md", "Makefile", "tools/apt", "tools/venv")
PARAMETERS = "parameters.yml"
WHEELS = "REPORTLIB_WHEELS"  # the environment variable by which an audit gives the packages that it has
AGE = ".age"  # what only the owner of a key can open
README = Path(__file__).parent / "README.md"


def bundle(
    to: Path,
    run: Path,
    params: Params,
    responses: Mapping[str, str],
    sources: Mapping[str, Source],
    before: Iterable[Publication] = (),
) -> None:
    """Write the bundle of a finished run as a zip; the same run, project and inputs give the same bytes.

    `run` is its folder, named by its id; `params` are as resolved, with paths that hold in a copy of the project, and
    `before` the earlier reports that they name.
    """
    with bag.writing(to, run.name) as held:
        for name, path in files_below(run).items():
            held.add(f"run/{name}", path)
        for name in [*code_files(), *BESIDE]:
            held.add(f"project/{name}", ROOT / name)
        held.add(f"project/{VERSION}", _json(code_version()))
        for release in before:
            held.add(f"project/{release.place}", release.text().encode())
        kinds = {str(name): spec.kind for name, spec in params.inputs.items()}
        if params.archive.wheels:
            _wheels(held)
        keep = partial(_file, held, params.archive.extracts_for)
        described = [_input(keep, source, kinds[source.name]) for source in sources.values()]
        held.add("inputs.json", _json(described))
        held.add(PARAMETERS, _parameters(params, described))
        held.add(responses_file(Path(PARAMETERS), params.edition).name, as_yaml(responses))
        files = [name.removeprefix("data/") for name in held.payload]
        held.add("ro-crate-metadata.json", crate.metadata(params, run.name, _version(), files, described))
        held.tag("README.md", _readme(run.name))


def _file(held: bag.Bag, recipient: str | None, place: str, path: Path, status: str) -> dict[str, Any]:
    """Archive a file of an input as its status allows: as it is, encrypted for the recipient alone, or not.

    It stands in the project at `place`.
    """
    archived = f"project/{place}" if status in ALWAYS else f"extracts/{place}{AGE}" if recipient else None
    if archived and f"data/{archived}" not in held.payload:
        if status in ALWAYS:
            held.add(archived, path)
        else:
            _encrypted(held, archived, path, str(recipient))
    sha256, size = digest([path])
    return {"path": place, "size": size, "sha256": sha256, "archived": archived}


def _encrypted(held: bag.Bag, archived: str, path: Path, recipient: str) -> None:
    import pyrage

    with TemporaryDirectory() as folder:
        made = Path(folder) / "encrypted"
        pyrage.encrypt_file(str(path), str(made), [pyrage.x25519.Recipient.from_str(recipient)])
        held.add(archived, made)


def _wheels(held: bag.Bag) -> None:
    """Archive the packages of the lock, as the registry has them now, or an audit in its archive."""
    with TemporaryDirectory() as made:
        folder = Path(os.environ.get(WHEELS, made))
        if WHEELS not in os.environ:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
            command += ["--requirement", str(ROOT / LOCK), "--dest", made]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                said = " ".join(done.stderr.splitlines()[-1:])
                raise ReportError(f"The packages of the lock cannot be had: {said} Or leave out archive: wheels.")
        for path in sorted(folder.iterdir()):
            held.add(f"wheels/{path.name}", path)


def _input(keep: Callable[[str, Path, str], dict[str, Any]], source: Source, kind: str) -> dict[str, Any]:
    """What is known of an input, whose files are archived where its status allows it.

    A file stands where it stood in the project; what was read from a database, among the snapshots.
    """
    if digest(source.paths)[0] != source.sha256:
        raise ReportError(f"The input {source.name} was changed while the report was made. Make the report again.")
    fields = contracts()[source.name].fields
    kept = [(SNAPSHOTS / path.name).as_posix() for path in source.paths]
    places = source.files if kind == "files" else kept
    return {
        "name": source.name, "status": source.status, "sha256": source.sha256, "size": source.size,
        "rows": source.rows, "excluded": source.excluded,
        "fields": [{"name": name, "type": fields[name].type, "column": source.names[name]} for name in source.columns],
        "files": [keep(*pair, source.status) for pair in zip(places, source.paths, strict=True)],
    }  # fmt: skip


def _parameters(params: Params, inputs: Iterable[Mapping[str, Any]]) -> bytes:
    """The parameters as a file that makes the report again; a database is read from its snapshot."""
    held = params.model_dump(mode="json") | {"publication_date": params.publication_date}
    for each in inputs:
        if held["inputs"][each["name"]]["kind"] != "files":
            held["inputs"][each["name"]]["snapshot"] = each["files"][0]["path"]
    return as_yaml(held)


def _readme(run_id: str) -> bytes:
    series = ".".join(platform.python_version_tuple()[:2])
    return README.read_text(encoding="utf-8").replace("{run}", run_id).replace("{python}", series).encode()


def _version() -> str:
    held = code_version()
    return f"{version('reportlib')} ({held['commit'][:12] or 'no commit'}{', changed since' if held['dirty'] else ''})"


def _json(content: Any) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"


def as_yaml(content: Mapping[str, Any]) -> bytes:
    """A file of parameters or answers, as people write them."""
    out = io.BytesIO()
    YAML().dump(dict(content), out)
    return out.getvalue()
