"""The page on mapping an extract names every field, code and rule, and its example is a valid one."""

import re

import pytest
from ruamel.yaml import YAML

from reportlib.inputs.contracts import contracts
from reportlib.inputs.rules import RULES
from reportlib.inputs.spec import InputSpec
from reportlib.project import ROOT

pytestmark = pytest.mark.check
PAGE = (ROOT / "docs" / "map-your-own-extract.md").read_text(encoding="utf-8")


def test_every_field_and_code_is_explained():
    for contract in contracts().values():
        section = PAGE.split(f"### `{contract.name}`")[1].split("##")[0]
        for field in contract.fields.values():
            assert f"| `{field.name}`{' *' * field.required} | {field.title} |" in section
            assert field.name.startswith("ethnicity") or ", ".join(field.enum) in section


def test_every_rule_is_listed():
    assert all(f"| {rule.__doc__} |" in PAGE for rule in RULES)


def test_the_example_is_a_valid_one():
    example = YAML(typ="safe").load(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    for name, spec in example["inputs"].items():
        given = InputSpec(**spec)
        assert given.columns.keys() | given.codes.keys() <= contracts()[name].fields.keys()
