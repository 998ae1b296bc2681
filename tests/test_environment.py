"""pyproject.toml, the two locks and environment.yml describe one environment, and pytest finds every test."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

pytestmark = pytest.mark.check

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
FULL = (ROOT / "requirements-full.lock").read_text(encoding="utf-8")
PYTHONS = ("3.11", "3.12", "3.13")
CONDA = ["jupyterlab", "papermill", "nbconvert", "pandas", "seaborn", "scipy", "pytest", "nbval"]


def locked(python: str, lock: str = LOCK) -> dict[str, str]:
    """The version of each package that a lock gives this Python (on Linux)."""
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
    pins = [Requirement(line.rstrip(" \\")) for line in lock.splitlines() if re.match(r"\w", line)]
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate(environment)
    }


def declared(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return [Requirement(text) for group in groups for text in group]


def conda() -> list:
    return YAML(typ="safe").load(ROOT / "environment.yml")["dependencies"]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("lock", "extras"), [(LOCK, []), (FULL, ["cluster", "full"])], ids=["lock", "full"])
def test_the_lock_fulfils_every_dependency(python, lock, extras):
    versions = locked(python, lock)
    unfulfilled = [
        str(need)
        for need in declared(*extras)
        if not need.specifier.contains(versions.get(canonicalize_name(need.name), "0"), prereleases=True)
    ]
    assert unfulfilled == []


def test_the_project_takes_the_pythons_that_the_lock_serves():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = Requirement(f"python{project['requires-python']}").specifier
    assert [minor for minor in range(9, 16) if needs.contains(f"3.{minor}.1")] == [11, 12, 13]


@pytest.mark.parametrize("python", PYTHONS)
def test_the_full_lock_adds_to_the_lock_and_changes_nothing(python):
    assert locked(python).items() <= locked(python, FULL).items()


@pytest.mark.parametrize("lock", [LOCK, FULL], ids=["lock", "full"])
def test_every_line_of_the_lock_is_pinned_by_version_and_hash(lock):
    entries = re.split(r"\n(?=\w)", lock.strip())
    assert len(entries) > 100
    for entry in entries:
        first, *hashes = entry.splitlines()
        assert re.match(r"[\w.-]+==[\w.+!-]+( ; .+)? \\$", first), first
        assert hashes, first
        for line in hashes:
            assert re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}( \\)?", line), line


@pytest.mark.parametrize("lock", [LOCK, FULL], ids=["lock", "full"])
def test_the_lock_names_no_host(lock):
    assert "//" not in lock
    assert "index" not in {line.split()[0].strip("-") for line in lock.splitlines() if line.startswith("--")}


def test_conda_has_the_eight_packages_at_the_versions_of_the_lock_and_then_the_lock():
    *named, last = conda()
    assert last == {"pip": ["-r requirements.lock"]}
    pins = dict(text.split("=") for text in named if "=" in text)
    python = pins.pop("python")
    assert python in PYTHONS
    assert pins == {name: locked(python)[name] for name in CONDA}


def test_the_eight_packages_are_dependencies_of_the_project():
    assert set(CONDA) <= {need.name for need in declared()}


def test_pytest_passes_over_no_folder_of_tests(pytestconfig: pytest.Config) -> None:
    """As it would over one that is named `build`, without a word."""
    folders = {part for path in ROOT.glob("tests/**/test_*.py") for part in path.relative_to(ROOT).parts[:-1]}
    passed_over = pytestconfig.getini("norecursedirs")
    assert [name for name in sorted(folders) if any(fnmatch(name, pattern) for pattern in passed_over)] == []
