"""The crate in a bundle is what it says it is, by a validator that others wrote."""

from __future__ import annotations

import json
from collections import defaultdict
from io import BytesIO
from pathlib import Path

import pytest
import rocrate
from copies import Forger

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "process-run-crate-0.5"
# What is recommended, and cannot be said truly: the project and its authors have no address on the web that all
# copies share, and the time at which a run ended would be other bytes each time.
UNSAID = {
    "Application url",
    "SoftwareApplication id",
    "Organization: RECOMMENDED url property",
    "Action endTime",
}


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The validator's store of answers from the network, with the one that it asks for: the vocabulary of crates."""
    from requests import Request
    from requests.adapters import HTTPAdapter
    from requests_cache import CachedSession
    from urllib3 import HTTPResponse

    place = tmp_path_factory.mktemp("validator") / "answers"
    content = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_bytes()
    kind = {"Content-Type": "application/ld+json"}
    answer = HTTPResponse(BytesIO(content), kind, 200, preload_content=False, request_url=CONTEXT)
    session = CachedSession(str(place), backend="sqlite")
    session.cache.save_response(HTTPAdapter().build_response(Request("GET", CONTEXT).prepare(), answer))
    session.close()
    return place


def unmet(crate: Path, vocabulary: Path) -> dict[str, set[str]]:
    """The names of the checks that a crate does not meet, by their severity."""
    from rocrate_validator import models, services

    settings = services.ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier=PROFILE,
        requirement_severity=models.Severity.RECOMMENDED,
        offline=True,
        cache_path=vocabulary,
    )
    found = defaultdict(set)
    for issue in services.validate(settings).get_issues():
        found[issue.severity.name].add(issue.check.name)
    return found


@pytest.mark.full
def test_the_crate_of_a_fresh_bundle_is_valid(forger: Forger, vocabulary: Path):
    assert unmet(forger.folder / "data", vocabulary) == {"RECOMMENDED": UNSAID}


@pytest.mark.full
def test_a_crate_that_names_no_instrument_is_not_valid(forger: Forger, vocabulary: Path):
    """So that the validator is known to look."""
    path = forger.folder / "data" / "ro-crate-metadata.json"
    held = json.loads(path.read_text(encoding="utf-8"))
    for entity in held["@graph"]:
        entity.pop("instrument", None)
    path.write_text(json.dumps(held), encoding="utf-8")
    assert "REQUIRED" in unmet(forger.folder / "data", vocabulary)
