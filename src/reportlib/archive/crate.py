"""What a bundle holds: an RO-Crate 1.1 of the Process Run Crate profile 0.5, files and what made them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.model.softwareapplication import SoftwareApplication
from rocrate.rocrate import ROCrate

from reportlib.params import Params

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
TYPES = {
    ".html": "text/html", ".pdf": "application/pdf", ".json": "application/json", ".jsonl": "application/jsonl",
    ".csv": "text/csv", ".yml": "application/yaml", ".ipynb": "application/x-ipynb+json", ".lock": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet", ".parquet": "application/vnd.apache.parquet",
    ".md": "text/markdown",
}  # fmt: skip


def metadata(
    params: Params, run_id: str, version: str, files: Iterable[str], inputs: Iterable[Mapping[str, Any]]
) -> bytes:
    """The `ro-crate-metadata.json` of a bundle.

    `version` is that of the software that made the run, with its commit; `files` are the names of all below the crate's
    root, `inputs` what `inputs.json` says of each. When the run ended is left out: it would be other bytes each time.
    """
    crate = ROCrate(version="1.1", gen_preview=False)
    crate.name = f"{params.title}, {params.reporting_year}, {params.edition} edition"
    crate.description = (
        f"Run {run_id}: the report, what it was made from and by, so that it can be made again. See README.md."
    )
    crate.datePublished = params.publication_date
    crate.license = _entity(crate, LICENCE, "CreativeWork", name="Open Government Licence v3.0")
    crate.root_dataset["conformsTo"] = _entity(crate, PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")
    publisher = _entity(crate, "#organisation", "Organization", name=params.organisation)
    authors = [_entity(crate, f"#author-{place}", "Organization", name=name)
               for place, name in enumerate(params.authors, 1)]  # fmt: skip
    crate.root_dataset["publisher"] = publisher
    crate.root_dataset["author"] = authors or publisher
    held = {name: _file(crate, name) for name in sorted(files)}
    used = [held[name] for name in ("parameters.yml", "project/requirements.lock")]
    used += [held[file["archived"]] for each in inputs for file in each["files"] if file["archived"]]
    used += [_absent(crate, each) for each in inputs if not all(file["archived"] for file in each["files"])]
    software = crate.add(
        SoftwareApplication(crate, "#reportlib", properties={"name": "reportlib", "softwareVersion": version})
    )
    action = crate.add_action(
        software,
        identifier=f"#run-{run_id}",
        object=used,
        result=[entity for name, entity in held.items() if name.startswith("run/")],
        properties={
            "name": f"Making of the report {run_id}",
            "description": "Counts, chapters and finished files, made from the parameters and inputs by the code here.",
            "agent": publisher,
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    crate.root_dataset["mentions"] = action
    return json.dumps(crate.metadata.generate(), indent=1, sort_keys=True, ensure_ascii=False).encode()


def _file(crate: ROCrate, name: str) -> Any:
    kind = TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
    return crate.add_file(dest_path=name, properties={"name": PurePosixPath(name).name, "encodingFormat": kind})


def _absent(crate: ROCrate, each: Mapping[str, Any]) -> Any:
    """An input that is described, but not here."""
    described = f"Not in this bundle; known by its checksum, sha256 {each['sha256']}"
    return _entity(crate, f"#input-{each['name']}", "CreativeWork", name=each["name"], description=described)


def _entity(crate: ROCrate, identifier: str, kind: str, **properties: str) -> Any:
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))
