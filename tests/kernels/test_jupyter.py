"""How JupyterLab is started on the notebooks, and what it saves."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from reportlib.errors import ReportError
from reportlib.kernels.lab import SETTINGS, as_written, command, environment


def test_root_is_refused_before_anything_is_prepared_unless_told_to_be_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(ReportError, match=r"as another user, or with .*--allow-root"):
        command(None, True, False)
    assert command(None, True, True)[-1] == "--allow-root"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert command(9999, False, False)[-2:] == ["--ServerApp.port=9999", "--no-browser"]


def test_the_settings_stand_below_those_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    found = environment(tmp_path)
    assert found["JUPYTER_CONFIG_PATH"] == f"/mine{os.pathsep}{SETTINGS}"
    assert found["REPORTLIB_WORK"] == str(tmp_path)


def test_what_is_saved_holds_nothing_that_running_put_there() -> None:
    code, tags = "chapter.close()", {"tags": ["hide-code"]}
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "a", "metadata": {"editable": True}, "source": "Text"},
        {"cell_type": "code", "id": "b", "metadata": tags | {"execution": {"iopub.status.busy": "then"}},
         "source": code, "execution_count": 3, "outputs": [{"output_type": "stream", "text": "5"}]},
    ]  # fmt: skip
    metadata = {"kernelspec": {"display_name": "Python 3 (ipykernel)"}, "language_info": {"version": "3.11.2"},
                "widgets": {}, "reportlib": {"chapter": "c"}}  # fmt: skip
    model = {"type": "notebook", "content": {"metadata": metadata, "cells": cells}}
    as_written(model, path="c.ipynb", contents_manager=None)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert model["content"] == {
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}, "reportlib": {"chapter": "c"}},
        "cells": [
            {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "Text"},
            {"cell_type": "code", "id": "b", "metadata": tags, "source": code, "outputs": [], "execution_count": None},
        ],
    }  # fmt: skip


def test_a_file_that_is_no_chapter_is_saved_as_it_is() -> None:
    output = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": ["1"], "execution_count": 1}
    for model in (
        {"type": "file", "content": "text"},
        {"type": "notebook", "content": {"metadata": {"kernelspec": {"name": "r"}}, "cells": [output]}},
    ):
        before = json.dumps(model)
        as_written(model)
        assert json.dumps(model) == before
