"""What was made before is found again whole, or not at all."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from reportlib.build import cache as module
from reportlib.build.cache import Cache, key

FILES = {"notebook": b"cells", "facts": b""}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def test_what_was_kept_is_found_and_nothing_else(cache):
    assert cache.fetch("one") is None
    cache.keep("one", FILES)
    assert cache.fetch("one") == FILES
    assert cache.fetch("two") is None


def test_one_that_is_not_trusted_finds_nothing_and_still_keeps(cache):
    cache.keep("one", {"facts": b"old"})
    fresh = replace(cache, trusted=False)
    assert fresh.fetch("one") is None
    fresh.keep("one", FILES)
    assert cache.fetch("one") == FILES


@pytest.mark.parametrize("at", [0, 40, -1])
def test_an_entry_with_one_wrong_byte_is_not_found(cache, at):
    cache.keep("one", FILES)
    held = bytearray((cache.folder / "one").read_bytes())
    held[at] ^= 1
    (cache.folder / "one").write_bytes(held)
    assert cache.fetch("one") is None


@pytest.mark.parametrize("size", [0, 10, 60])
def test_an_entry_that_was_cut_short_is_not_found(cache, size):
    cache.keep("one", FILES)
    os.truncate(cache.folder / "one", size)
    assert cache.fetch("one") is None


def test_many_at_once_find_whole_entries_only(cache):
    def both(turn: int) -> bool:
        cache.keep(str(turn % 3), {"facts": str(turn % 3).encode() * 100_000})
        found = cache.fetch(str(turn % 3))
        return found is None or found["facts"] == str(turn % 3).encode() * 100_000

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(both, range(60)))
    assert sorted(path.name for path in cache.folder.iterdir()) == ["0", "1", "2"]


def test_the_oldest_entries_give_way(cache, monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 1000)
    for age, name in enumerate(("new", "used", "old")):
        cache.keep(name, {"facts": os.urandom(250)})
        os.utime(cache.folder / name, (10_000 - age, 10_000 - age))
    assert cache.fetch("old")
    cache.keep("another", {"facts": os.urandom(250)})
    assert cache.fetch("old")
    assert cache.fetch("used") is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path):
    (tmp_path / "file").write_text("in the way")
    Cache(tmp_path / "file" / "cache").keep("one", FILES)
    assert (tmp_path / "file").read_text() == "in the way"


def test_parts_of_a_key_cannot_pass_for_one_another():
    assert len({key("ab", "c"), key("a", "bc"), key("abc"), key("ab", "c", "")}) == 4
