"""The bundle of a run: all that an auditor needs to make the report again, in one zip."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from reportlib.archive import bag, crate
from reportlib.build.released import Release
from reportlib.errors import ReportError
from reportlib.inputs.contracts import contracts
from reportlib.inputs.sources import SNAPSHOTS, Source, digest
from reportlib.origin import VERSION, code_version
from reportlib.params import Params
from reportlib.project import LOCK, ROOT, code_files

ALWAYS = ("published", "synthetic")  # inputs of these statuses are archived; extracts are not
# What the project needs besides its code, to be installed from where it stands.
BESIDE = (LOCK, "README.md", "LICENSE", "data/LICENCE.md", "Makefile", "tools/apt", "tools/venv")
README = Path(__file__).parent / "README.md"


def bundle(
    to: Path,
    run: Path,
    params: Params,
    responses: Mapping[str, str],
    sources: Mapping[str, Source],
    before: Iterable[Release] = (),
) -> None:
    """Write the bundle of a finished run as a zip.

    Parameters
    ----------
    run : the folder of the run, named by its id.
    params : as resolved, with paths that hold in a copy of the project.
    before : the earlier reports that the parameters name.

    The same run, project and inputs give the same bytes.
    """
    with bag.writing(to, run.name) as held:
        for path in sorted(path for path in run.rglob("*") if path.is_file()):
            held.add(f"run/{path.relative_to(run).as_posix()}", path)
        for name in [*code_files(), *BESIDE]:
            held.add(f"project/{name}", ROOT / name)
        held.add(f"project/{VERSION}", _json(code_version()))
        for release in before:
            held.add(f"project/{release.place}", release.text().encode())
        kinds = {str(name): spec.kind for name, spec in params.inputs.items()}
        described = [_input(held, source, kinds[source.name]) for source in sources.values()]
        held.add("inputs.json", _json(described))
        held.add("parameters.yml", _parameters(params, described))
        held.add("parameters.responses.yml", _yaml(dict(responses)))
        files = [name.removeprefix("data/") for name in held.payload]
        held.add("ro-crate-metadata.json", crate.metadata(params, run.name, _version(), files, described))
        held.tag("README.md", README.read_bytes().replace(b"{run}", run.name.encode()))


def _input(held: bag.Bag, source: Source, kind: str) -> dict[str, Any]:
    """What is known of an input, whose files are archived where its status allows it."""
    if digest(source.paths)[0] != source.sha256:
        raise ReportError(f"The input {source.name} was changed while the report was made. Make the report again.")
    fields = contracts()[source.name].fields
    return {
        "name": source.name, "status": source.status, "sha256": source.sha256, "size": source.size,
        "rows": source.rows, "excluded": source.excluded,
        "fields": [{"name": name, "type": fields[name].type, "column": source.names[name]} for name in source.columns],
        "files": [_file(held, *pair, source.status) for pair in zip(_places(source, kind), source.paths, strict=True)],
    }  # fmt: skip


def _places(source: Source, kind: str) -> list[str]:
    """Where the files of an input stand in the project; what was read from a database, among the snapshots."""
    if kind != "files":
        return [(SNAPSHOTS / path.name).as_posix() for path in source.paths]
    return list(source.files)


def _file(held: bag.Bag, place: str, path: Path, status: str) -> dict[str, Any]:
    """A file of an input, archived where its status allows it."""
    archived = f"project/{place}" if status in ALWAYS else None
    if archived and f"data/{archived}" not in held.payload:
        held.add(archived, path)
    sha256, size = digest([path])
    return {"path": place, "size": size, "sha256": sha256, "archived": archived}


def _parameters(params: Params, inputs: Iterable[Mapping[str, Any]]) -> bytes:
    """The parameters as a file that makes the report again; a database is read from its snapshot."""
    held = params.model_dump(mode="json") | {"publication_date": params.publication_date}
    for each in inputs:
        if held["inputs"][each["name"]]["kind"] != "files":
            held["inputs"][each["name"]]["snapshot"] = each["files"][0]["path"]
    return _yaml(held)


def _version() -> str:
    from importlib.metadata import version

    held = code_version()
    return f"{version('reportlib')} ({held['commit'][:12] or 'no commit'}{', changed since' if held['dirty'] else ''})"


def _json(content: Any) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"


def _yaml(content: Mapping[str, Any]) -> bytes:
    out = io.BytesIO()
    YAML().dump(dict(content), out)
    return out.getvalue()
