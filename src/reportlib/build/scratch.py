"""Folders that work is done in before it is kept, and the links that show what is kept."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from reportlib.errors import ReportError

REFUSED = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk is full", errno.EROFS: os.strerror(errno.EROFS)}
PREFIX = ".work-"  # followed by the process that owns it, its machine, and chance
ABANDONED = 7 * 24 * 3600  # seconds after which nothing of another machine, whose processes are not seen here, lives


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    """A folder for one run's work on the disk where the run will be kept, gone afterwards.

    Raises ReportError where nothing can be written, or the disk is full. What a killed run left is removed.
    """
    advice = "Make the folder writable, or free some space."
    try:
        place.mkdir(parents=True, exist_ok=True)
        for left in filter(_is_abandoned, place.glob(f"{PREFIX}*")):
            shutil.rmtree(left, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-{platform.node()}-", dir=place))
    except OSError as error:
        raise ReportError(f"Nothing can be written to {place}: {error.strerror}. {advice}") from None
    try:
        yield work
    except Exception as error:
        if why := _refused(error):
            raise ReportError(f"No more can be written to {place}: {why}. {advice}") from None
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _is_abandoned(work: Path) -> bool:
    """Whether the process that owned a scratch folder is gone; what is not called as one is somebody's own."""
    owner, _, rest = work.name.removeprefix(PREFIX).partition("-")
    if not owner.isdecimal():
        return False
    if rest.rpartition("-")[0] == platform.node():
        return not psutil.pid_exists(int(owner))
    with suppress(OSError):  # it is gone
        return time.time() - work.stat().st_mtime > ABANDONED
    return False


def _refused(error: BaseException | None) -> str:
    """Why the system would not write, if that is behind an error; a kernel or a library may tell it in words alone."""
    while error is not None:
        told = str([error, *getattr(error, "findings", ())])
        for number, why in REFUSED.items():
            if getattr(error, "errno", None) == number or os.strerror(number) in told:
                return why
        error = error.__cause__ or error.__context__
    return ""


def point(link: Path, target: Path) -> None:
    """Move a link of an edition, `current` or `published`, in one step."""
    fresh = link.with_name(f".{link.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target.relative_to(link.parent))
    fresh.replace(link)
