"""pyproject.toml, requirements.lock and environment.yml describe one environment."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

pytestmark = pytest.mark.check

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PYTHONS = ("3.11", "3.12", "3.13")
CONDA = ["jupyterlab", "papermill", "nbconvert", "pandas", "seaborn", "scipy", "pytest", "nbval"]


def locked(python: str) -> dict[str, str]:
    """The version of each package that the lock gives this Python (on Linux)."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    pins = [Requirement(line.rstrip(" \\")) for line in LOCK.splitlines() if re.match(r"\w", line)]
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate(environment)
    }


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(text) for text in project["dependencies"]]


def conda() -> list:
    return YAML(typ="safe").load(ROOT / "environment.yml")["dependencies"]


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_fulfils_every_dependency(python):
    versions = locked(python)
    unfulfilled = [
        str(need)
        for need in declared()
        if not need.specifier.contains(versions.get(canonicalize_name(need.name), "0"), prereleases=True)
    ]
    assert unfulfilled == []


def test_the_project_takes_the_pythons_that_the_lock_serves():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = Requirement(f"python{project['requires-python']}").specifier
    assert [minor for minor in range(9, 16) if needs.contains(f"3.{minor}.1")] == [11, 12, 13]


def test_every_line_of_the_lock_is_pinned_by_version_and_hash():
    entries = re.split(r"\n(?=\w)", LOCK.strip())
    assert len(entries) > 100
    for entry in entries:
        first, *hashes = entry.splitlines()
        assert re.match(r"[\w.-]+==[\w.+!-]+( ; .+)? \\$", first), first
        assert hashes, first
        for line in hashes:
            assert re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}( \\)?", line), line


def test_the_lock_names_no_host():
    assert "//" not in LOCK
    assert "index" not in {line.split()[0].strip("-") for line in LOCK.splitlines() if line.startswith("--")}


def test_conda_has_the_eight_packages_at_the_versions_of_the_lock_and_then_the_lock():
    *named, last = conda()
    assert last == {"pip": ["-r requirements.lock"]}
    pins = dict(text.split("=") for text in named if "=" in text)
    python = pins.pop("python")
    assert python in PYTHONS
    assert pins == {name: locked(python)[name] for name in CONDA}


def test_the_eight_packages_are_dependencies_of_the_project():
    assert set(CONDA) <= {need.name for need in declared()}
