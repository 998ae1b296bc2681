"""Notebooks against a fixed schema: what may stand in their text and code, and, once executed, in their outputs.

Nothing but the chapter's own displays comes out of a cell. A frame left as its last expression, a line
printed, a warning or an error could hold any count, so none may stay.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from reportlib.build.page import STATUSES
from reportlib.display import MIME, plain
from reportlib.errors import Finding
from reportlib.gates.language import check_markdown, typed_figures
from reportlib.params import Params, parameters_cell
from reportlib.words import DIMENSION_LABELS

Node = Mapping[str, Any]
Fault = tuple[str, str]  # place and message

NOTEBOOK = {"cells", "metadata", "nbformat", "nbformat_minor"}
METADATA = {"kernelspec", "language_info", "reportlib"}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "name": "python", "file_extension": ".py", "mimetype": "text/x-python", "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3", "codemirror_mode": {"name": "ipython", "version": 3},
}  # fmt: skip
CHAPTER = {"chapter", "tables", "reads_facts"}
CELLS = {
    "markdown": {"cell_type", "id", "metadata", "source"},
    "code": {"cell_type", "id", "metadata", "source", "execution_count", "outputs"},
}
OPENING = "from reportlib.chapter import open_chapter"
THERE = {*dir(builtins), "get_ipython", "display", "In", "Out"}  # without being given
OPENED = {"open_chapter", "str", "int", "float", "list"}  # beside the names that a notebook gives
TAGS = {"parameters", "injected-parameters", "hide-code", "qa-only"}
MODELS = {
    "header": {"chapter", "status", "edition", "year"},
    "table": {"id", "caption", "columns", "rows", "notes", "source", "folded", "status"},
    "chart": {"id", "caption", "alt", "svg", "table", "status"},
    "say": {"id", "text", "role"},
    "points": {"lead", "items"},
    "headline": {"items"},
}
CELL = {"text", "value", "mark", "fact", "facts"}
ITEM = {"title", "see", "verdict", "badge", "text", "chart", "further", "chapter", "table"}


def stripped(notebook: NotebookNode) -> NotebookNode:
    """The notebook without times, paths and random identifiers."""
    notebook.metadata = {name: notebook.metadata[name] for name in sorted(METADATA & notebook.metadata.keys())}
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
    return notebook


def check_source(notebook: NotebookNode, name: str) -> list[Finding]:
    """What is wrong in a notebook as it is written, which needs no run to be seen."""
    cells = stripped(notebook).cells
    faults = [(f", cell {cell.get('id', '')}", message) for cell in cells for message in _written(cell)]
    faults += [*_kernel(notebook), *_steps(notebook)]
    findings = [Finding(message, f"{name}{place}") for place, message in faults]
    return [*findings, *check_markdown(notebook, name)]


def check_notebook(notebook: Node, name: str, params: Params, run: Node) -> list[Finding]:
    """Every departure of an executed notebook, lines joined, from the schema."""
    faults = [*_document(notebook, run), *_steps(notebook)]
    code = [cell for cell in notebook.get("cells", []) if cell.get("cell_type") == "code"]
    for cell in notebook.get("cells", []):
        place = str(cell.get("id", ""))
        number = code.index(cell) + 1 if cell in code else None
        faults += [(f", cell {place}", message) for message in (*_written(cell, params), *_executed(cell, number))]
    return [Finding(message, f"{name}{place}") for place, message in faults]


def models(notebook: Node) -> Iterator[tuple[str, Node]]:
    """Each display of a notebook that has all its parts, with the name of its cell."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            model = output.get("data", {}).get(MIME, {})
            if model.keys() >= MODELS.get(model.get("kind"), {"nothing"}):
                yield cell["id"], model


def _document(notebook: Node, run: Node) -> Iterator[Fault]:
    """The notebook's metadata: kernel, language, and the declaration of its tables."""
    held = notebook.get("metadata", {})
    yield from (("", f"an unknown entry {key!r}") for key in sorted(notebook.keys() - NOTEBOOK))
    yield from ((", metadata", f"an unknown entry {key!r}") for key in sorted(held.keys() - METADATA))
    language = {key: value for key, value in held.get("language_info", {}).items() if key != "version"}
    version = held.get("language_info", {}).get("version", "3.0")
    yield from _kernel(notebook)
    if language != LANGUAGE or not re.fullmatch(r"3\.\d+(\.\d+)?", version):
        yield ", metadata", "its language is not the report's"
    declared = held.get("reportlib", {})
    tables = run["chapters"].get(declared.get("chapter"), {"tables": [], "published": []})
    for entry in declared.get("tables", []):
        known = run["tables"].get(entry.get("id"), {}) | {"id": entry.get("id"), "published": entry.get("id")}
        adjust, rest = {*entry.get("adjust", ())}, {key: entry[key] for key in entry.keys() - {"adjust"}}
        adjusted = {*known.get("adjust", ())} <= adjust <= DIMENSION_LABELS.keys()  # less what the inputs lack
        same = rest.items() <= known.items() and adjusted
        if entry.get("id") not in [*tables["tables"], *tables["published"]] or not same:
            yield ", metadata", "it declares a table otherwise than the run does"
    if declared.keys() - CHAPTER or declared.get("reads_facts") not in (None, True, False):
        yield ", metadata", "an unknown entry in its declaration"


def _kernel(notebook: Node) -> Iterator[Fault]:
    if notebook.get("metadata", {}).get("kernelspec") != KERNEL:
        yield ", metadata", f"its `kernelspec` is not that of the report: write {json.dumps(KERNEL)}"


def _written(cell: Node, params: Params | None = None) -> Iterator[str]:
    """What is wrong in a cell but for its outputs; before a run there are no `params` that were given."""
    kind, tags = cell.get("cell_type", ""), cell.get("metadata", {}).get("tags", [])
    if kind not in CELLS or cell.keys() - CELLS[kind]:
        yield "a cell of an unknown kind, or with an unknown entry"
    if cell.get("metadata", {}).keys() - {"tags"} or set(tags) - TAGS:
        yield "unknown metadata"
    if re.search(r"\d", cell.get("id", "0")):
        yield "the `id` of the cell is missing or holds a digit: write a readable one into the file"
    if kind == "markdown":
        yield from (f"a figure typed by hand: “{word}”" for word in typed_figures(cell["source"]))
    if kind == "code" and not _declared(cell["source"], tags, params):
        yield "a figure in its code that is not a parameter"


def _steps(notebook: Node) -> Iterator[Fault]:
    """Code that does more than take steps of the chapter: it could open the records, or say what no gate knows.

    This keeps a chapter to its form. It is no wall: who runs a notebook can read whatever that user can.
    """
    nodes: list[tuple[str, ast.AST]] = []
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code":
            try:
                nodes += [(cell.get("id", ""), node) for node in ast.walk(ast.parse(cell["source"]))]
            except SyntaxError:
                yield f", cell {cell.get('id', '')}", "its code is not Python"
    given = {node.id for _, node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    known = OPENED | {name for name in given if not (name in THERE or name.startswith("_"))}
    for name, node in nodes:
        used = ""
        if isinstance(node, ast.Import | ast.ImportFrom) and ast.unparse(node) != OPENING:
            used = ast.unparse(node)
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            used = node.attr
        elif isinstance(node, ast.Name) and node.id not in known:
            used = node.id
        if used:
            yield f", cell {name}", f"its code uses “{used}”, which is no step of a chapter"


def _executed(cell: Node, number: int | None) -> Iterator[str]:
    if cell.get("cell_type") == "code":
        if cell.get("execution_count") not in (None, number):
            yield "its execution count is not its place among the cells of code"
        for output in cell.get("outputs", []):
            yield from _output(output)


def _declared(code: str, tags: list[str], params: Params | None) -> bool:
    """Whether code holds no digit, or is the cell of the parameters as declared or as given."""
    if not re.search(r"\d", code):
        return True
    if "parameters" in tags:
        return code.strip() == parameters_cell()
    if "injected-parameters" not in tags:
        return False
    if params is None:  # left by an earlier run; the next puts its own there
        return True
    lines = [line for line in code.splitlines() if line.strip() and line != "# Parameters"]
    try:
        given = [(name, ast.literal_eval(value)) for name, _, value in (line.partition(" = ") for line in lines)]
    except (SyntaxError, ValueError):
        return False
    return dict(given) == params.analysis()


def _output(output: Node) -> Iterator[str]:
    """An output is a display of the chapter: its model, and the plain renditions that follow from it."""
    model = output.get("data", {}).get(MIME, {})
    if output.get("output_type") != "display_data" or model.get("kind") not in MODELS:
        yield f"an output that is no display of the chapter ({output.get('output_type')})"
    elif output.get("metadata") or output.keys() - {"output_type", "data", "metadata"}:
        yield "metadata in an output"
    elif model.keys() != MODELS[model["kind"]] | {"kind"} or _unknown_parts(model):
        yield f"a {model['kind']} with unknown parts"
    elif {MIME: model, **plain(model)} != output["data"]:
        yield f"a {model['kind']} whose plain rendition is another"


def _unknown_parts(model: Node) -> bool:
    """Whether a status, a cell of a table or an item of a list is, or carries, what renderers do not know."""
    cells = [cell for row in model.get("rows", []) for key, cell in row.items() if key != "_total"]
    unknown = [cell for cell in cells if cell.keys() - CELL] + [it for it in model.get("items", []) if it.keys() - ITEM]
    return bool(unknown or set(model.get("status", [])) - STATUSES.keys())
