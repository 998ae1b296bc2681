"""The parent from which kernels are forked: it imports, waits, forks, and tells how each kernel ended.

Run as `python -m reportlib.kernels.parent FD`. Over the socket FD comes one message a kernel, which carries the
kernel's own socket, its stdout and its stderr. Over that socket go the request, the kernel's number and, when it
ends, its exit code. When FD closes, whoever asked for kernels is gone, and they are ended with it. A request may also
be for a piece of work, whose outcome goes to stdout.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pickle
import random
import select
import signal
import socket
import sys
from typing import Any

# What chapters import but for the project's own code, which may change between two kernels. Never
# matplotlib_inline.backend_inline, nor a figure of pyplot: in a kernel forked after that, figures vanish.
IMPORTED = (
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.debugger", "IPython.core.completer", "tornado.platform"),
    *(
        "pandas",
        "pyarrow.parquet",
        "pyarrow.pandas_compat",
        "scipy.stats",
        "scipy.optimize",
        "statsmodels.stats.multitest",
    ),
    *("seaborn", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
    *("pydantic.main", "pydantic.types", "pydantic.json_schema", "ruamel.yaml", "lxml.etree"),
)
Kernels = dict[int, socket.socket]


def main(control: socket.socket) -> None:
    """Import, then fork a kernel a message until the socket closes."""
    with contextlib.suppress(ValueError):
        sys.path.remove(os.getcwd())
    gc.set_threshold(100_000, 50, 100)  # as in `reportlib.build`: looking for cycles took a tenth of a chapter
    for name in IMPORTED:
        importlib.import_module(name)
    importlib.import_module("pandas").set_option("display.max_columns", 20)  # as where a kernel imports it
    gc.freeze()
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *signalled: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    kernels: Kernels = {}
    while True:
        ready, _, _ = select.select([control.fileno(), ended], [], [])
        if ended in ready:
            os.read(ended, 4096)
            _tell(kernels)
        if control.fileno() in ready and not _serve(control, kernels):
            break
    for number in kernels:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(number, signal.SIGKILL)


def _serve(control: socket.socket, kernels: Kernels) -> bool:
    """Fork one kernel; False once nobody asks any more."""
    message, handles, _, _ = socket.recv_fds(control, 1, 3)
    if not message:
        return False
    link, out, err = socket.socket(fileno=handles[0]), handles[1], handles[2]
    number = os.fork()
    if number == 0:
        for held in (control, *kernels.values()):
            held.close()
        _kernel(link, out, err)
    os.close(out)
    os.close(err)
    kernels[number] = link
    with contextlib.suppress(OSError):
        link.sendall(f"{number}\n".encode())
    return True


def _tell(kernels: Kernels) -> None:
    """Pass on the exit code of every kernel that has ended."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            with contextlib.closing(kernels.pop(ended[0])) as link, contextlib.suppress(OSError):
                link.sendall(f"{os.waitstatus_to_exitcode(ended[1])}\n".encode())


def _kernel(link: socket.socket, out: int, err: int) -> None:
    """Become the kernel that is asked for; never returns."""
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for handle, standard in ((out, 1), (err, 2)):
            os.dup2(handle, standard)
            os.close(handle)
        with link, link.makefile() as lines:
            request = json.loads(lines.readline())
        _settled(request)
        _work(request["work"], request["path"]) if "work" in request else _run(request["arguments"])
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)  # the teardown of an interpreter takes as long as a short chapter


def _settled(request: dict[str, Any]) -> None:
    """The environment of the request, with nothing of the parent's chance or of the project's code in it."""
    import numpy as np

    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    random.seed()
    np.random.seed()
    for name in [name for name in sys.modules if name.partition(".")[0] == "reportlib"]:
        del sys.modules[name]


def _run(arguments: list[str]) -> None:
    """An IPython kernel."""
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher", *arguments, f"--IPKernelApp.parent_handle={os.getppid()}"]
    IPKernelApp.launch_instance()


def _work(asked: str, path: list[str]) -> None:
    """Work out a function, and write to stdout what it gives or raises; what it prints itself goes to stderr."""
    sys.path[:] = path
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)
        function, arguments = pickle.loads(bytes.fromhex(asked))
        outcome: tuple[Any, Exception | None]
        try:
            outcome = (function(*arguments), None)
        except Exception as error:
            outcome = (None, error)
        pickle.dump(outcome, answer)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
