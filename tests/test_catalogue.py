"""docs/attention.md: its Python runs, and it has every mechanism, with a picture."""

import re
from pathlib import Path

import pytest

import keras_attention
from keras_attention import layers

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "attention.md"
TEXT = PAGE.read_text(encoding="utf-8")

KINDS = (layers.Score, layers.Normalizer, layers.RelativePositions, layers.Pattern)
BASES = {*KINDS, layers.LinearKernel}
MECHANISMS = [
    name
    for name in keras_attention._PUBLIC["layers"]
    if issubclass(getattr(layers, name), KINDS) and getattr(layers, name) not in BASES
]
OTHERS = [
    name
    for name in keras_attention._PUBLIC["layers"]
    if issubclass(getattr(layers, name), layers.AttentionRegularizer)
    and getattr(layers, name) is not layers.AttentionRegularizer
]


def test_its_python_runs():
    blocks = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
    namespace = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), namespace)
    assert len(blocks) > len(MECHANISMS)


@pytest.mark.parametrize("name", MECHANISMS)
def test_has_every_mechanism_with_code_and_picture(name):
    assert f"ka.{name}(" in TEXT
    assert f"](images/attention/{name}.png)" in TEXT


@pytest.mark.parametrize("name", OTHERS)
def test_has_every_regularizer(name):
    assert f"`{name}(" in TEXT


def test_its_pictures_exist_and_there_are_no_others():
    shown = set(re.findall(r"\]\(images/attention/(\w+\.png)\)", TEXT))
    assert shown == {path.name for path in (PAGE.parent / "images" / "attention").glob("*.png")}


def test_its_links_within_the_repository_lead_somewhere():
    targets = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([\w-]+))?\)", TEXT)
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).strip().replace(" ", "-")
        for line in TEXT.splitlines()
        if line.startswith("#")
    }
    for path, anchor in targets:
        assert (PAGE.parent / path).exists(), path
        assert not anchor or anchor in headings, anchor
