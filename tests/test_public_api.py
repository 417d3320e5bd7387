"""Every public name: importable from the root, documented in the house's sections, with an example
that runs. The README's Python runs too."""

import ast
import doctest
import inspect
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from optional import need

import keras_attention

ROOT = Path(__file__).parents[1]
PARTS = keras_attention._PUBLIC
TENSORFLOW_ONLY = {"Model", "Throughput", "make_strategy", "export_function", "export_text_model"}
NAMES = [
    pytest.param(
        name, id=f"{part}.{name}", marks=[pytest.mark.tensorflow] * (name in TENSORFLOW_ONLY)
    )
    for part, names in PARTS.items()
    for name in names
]

# Whose examples need what is not among our requirements.
NEEDED = {"from_torch": "torch", "to_torch": "torch"}

SECTIONS = ("Args", "Call arguments", "Returns", "Raises", "Example", "References")
# What Keras documents for all of its objects.
KERAS_ARGUMENTS = {"self", "args", "kwargs", "name", "dtype", "trainable"}


def sections_of(docstring):
    """The sections of a docstring in their order: name -> text."""
    heading = re.compile(rf"^({'|'.join(SECTIONS)}):$", re.MULTILINE)
    pieces = heading.split(inspect.cleandoc(docstring))
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def collected_names(part):
    """What `keras_attention/<part>/__init__.py` imports for its users, read from the source; of a
    part that is one module, what it defines."""
    folder = ROOT / "keras_attention" / part
    if folder.is_dir():
        body = ast.parse((folder / "__init__.py").read_text("utf-8")).body
        aliases = [a for node in body if isinstance(node, ast.ImportFrom) for a in node.names]
        names = {alias.asname or alias.name for alias in aliases}
    else:
        body = ast.parse(folder.with_suffix(".py").read_text("utf-8")).body
        names = {n.name for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    return sorted(name for name in names if not name.startswith("_"))


@pytest.mark.parametrize("part", PARTS)
def test_the_root_exports_everything_that_a_part_collects(part):
    assert sorted(PARTS[part]) == collected_names(part)


def test_no_name_has_two_homes():
    names = [name for part in PARTS.values() for name in part] + list(PARTS)
    assert len(names) == len(set(names))


def test_the_root_lists_its_names_and_refuses_others():
    assert set(keras_attention.__all__) <= set(dir(keras_attention))
    with pytest.raises(AttributeError, match="has no attribute 'MultiHeadAttentoin'"):
        keras_attention.MultiHeadAttentoin  # noqa: B018


@pytest.mark.parametrize("name", NAMES)
def test_documented_in_the_house_sections(name):
    thing = getattr(keras_attention, name)
    docstring = thing.__doc__ or ""
    sections = sections_of(docstring)

    assert docstring.split("\n")[0].rstrip().endswith("."), "the first line is one sentence"
    assert list(sections) == [section for section in SECTIONS if section in sections], "the order"
    assert "Example" in sections
    arguments = [
        name for name in inspect.signature(thing).parameters if name not in KERAS_ARGUMENTS
    ]
    missing = [
        name for name in arguments if not re.search(rf"\b{name}\b", sections.get("Args", ""))
    ]
    assert missing == [], "every argument is documented"
    if inspect.isfunction(thing):
        assert "Returns" in sections
    if inspect.isclass(thing) and issubclass(thing, keras.layers.Layer) and is_called(thing):
        assert {"Call arguments", "Returns"} <= set(sections)
    for method in ("__init__", "build", "get_config"):
        assert getattr(vars(thing).get(method), "__doc__", None) is None, "the class says it all"


def is_called(layer_class):
    """Position schemes inside attention are layers for their weights alone."""
    return not issubclass(layer_class, keras_attention.RelativePositions)


class ShapesAsTuples(doctest.OutputChecker):
    """TensorFlow prints a shape as `TensorShape([2, 3])`, every other backend as `(2, 3)`."""

    def check_output(self, want, got, optionflags):
        return super().check_output(shapes_as_tuples(want), shapes_as_tuples(got), optionflags)


def shapes_as_tuples(text):
    text = re.sub(r"TensorShape\(\[(\d+)\]\)", r"(\1,)", text)
    return re.sub(r"TensorShape\(\[([\d, ]*)\]\)", r"(\1)", text)


def run_examples(name, text):
    """Runs the `>>>` examples of a text; they may use `keras`, `np` and `keras_attention`."""
    namespace = {"keras": keras, "np": np, "keras_attention": keras_attention}
    examples = doctest.DocTestParser().get_doctest(inspect.cleandoc(text), namespace, name, None, 0)
    assert examples.examples, "there is no example"
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(ShapesAsTuples(), verbose=False, optionflags=flags)
    report = []
    runner.run(examples, out=report.append)
    assert runner.failures == 0, "".join(report)


@pytest.mark.parametrize("name", NAMES)
def test_example_runs(name):
    if name in NEEDED:
        need(NEEDED[name])
    run_examples(name, getattr(keras_attention, name).__doc__)


def test_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert blocks
    namespace = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), namespace)
