"""Settings under which the same inputs give the same bytes, whatever the shell, the user or the processor says."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

SETTINGS = {
    "OPENBLAS_NUM_THREADS": "1",  # sums in one order
    "PYTHONHASHSEED": "0",  # for the kernels; nothing of the build itself may follow the order of a set
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "MATPLOTLIBRC": os.devnull,  # a user's own style
}
# Where newer processors would round otherwise: all compute as those with AVX2 do.
PROCESSOR = {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"}


def settle() -> None:
    """Put the settings into this process and all that it starts; to be called before NumPy is imported."""
    os.environ.update(SETTINGS | (PROCESSOR if _avx2() else {}))
    time.tzset()


def _avx2() -> bool:
    """Whether this is such a processor, or one that can be asked to compute as one."""
    told = Path("/proc/cpuinfo")
    return platform.machine() == "x86_64" and told.exists() and " avx2 " in told.read_text(encoding="utf-8")
