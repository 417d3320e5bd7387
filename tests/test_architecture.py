"""The house rules that a parser can check: who may import whom, and what no source may hold.

notebooks, benchmarks -> tasks -> {interop, visualization, export} -> models
                      -> {layers, decoding, training} -> ops
"""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LEVELS = {
    "keras_attention.ops": 0,
    "keras_attention.layers": 1,
    "keras_attention.decoding": 1,
    "keras_attention.training": 1,
    "keras_attention.models": 2,
    "keras_attention.interop": 3,
    "keras_attention.visualization": 3,
    "keras_attention.export": 3,
    "tasks.common": 4,
    "tasks.*": 5,
    "benchmarks": 6,
    "notebooks": 6,
}
# What one task may import of another: texts are augmented by translating them there and back.
OTHER_TASKS = {
    ("tasks.text_classification.augmentation.back_translation", "tasks.translation.model"),
}
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
FORBIDDEN_METHODS = {"Lambda", "enable_unsafe_deserialization"}
FORBIDDEN_CALLS = {"eval", "exec", *FORBIDDEN_METHODS}
FORBIDDEN_ARGUMENTS = {("allow_pickle", True), ("safe_mode", False)}
ABSOLUTE_PATH = re.compile(
    r"(?<![\w./:>~-])/(home|root|tmp|usr|opt|mnt|var|srv|work|workspace|content|Users)/\w"
    r"|\b[A-Z]:\\\w"
)


def part_of(module):
    """`keras_attention.layers.feed_forward` -> `keras_attention.layers`, None if not ours."""
    names = module.split(".")
    if names[0] in ("notebooks", "benchmarks"):
        return names[0]
    return ".".join(names[:2]) if names[0] in ("keras_attention", "tasks") else None


def level_of(part):
    return LEVELS["tasks.*"] if part not in LEVELS and part.startswith("tasks.") else LEVELS[part]


def imported_modules(tree):
    """Every module that a source names in an import, wherever in the source, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "." * node.level + (node.module or ""), node.lineno
            elif node.module == "tasks":
                yield from ((f"tasks.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno


def import_faults(module, source):
    """What is wrong with the imports of `module`, one line each."""
    part = part_of(module)
    for imported, line in imported_modules(ast.parse(source)):
        where = f"{module}, line {line}: imports {imported}"
        if imported.startswith("."):
            yield f"{where}: imports are absolute"
        elif imported == "keras_attention":
            # A notebook shows what a user writes, and a user imports the root.
            if part != "notebooks":
                yield f"{where}: nothing imports the package root"
        elif (module, imported) in OTHER_TASKS:
            continue
        elif (other := part_of(imported)) and other != part and level_of(other) >= level_of(part):
            yield f"{where}: arrows point down only"


# What of `ops` may name a backend, beside `ops.backend`: a constant of a TensorFlow graph.
NAMES_A_BACKEND = {"keras_attention.ops.tensordot"}


def backend_faults(module, source):
    """Where `keras_attention.ops` imports a backend by its name, one line each."""
    if module in NAMES_A_BACKEND or module.startswith("keras_attention.ops.backend"):
        return
    for imported, line in imported_modules(ast.parse(source)):
        if imported.split(".")[0] in ("tensorflow", "jax", "torch"):
            yield f"{module}, line {line}: imports {imported}"


def content_faults(module, source):
    """What `module` holds that no source may hold, one line each."""
    tree = ast.parse(source)
    for imported, line in imported_modules(tree):
        if imported.split(".")[0] in FORBIDDEN_MODULES:
            yield f"{module}, line {line}: imports {imported}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            builtin = getattr(node.func, "id", None)
            method = getattr(node.func, "attr", None)
            if builtin in FORBIDDEN_CALLS or method in FORBIDDEN_METHODS:
                yield f"{module}, line {node.lineno}: calls {builtin or method}"
            for argument in node.keywords:
                value = getattr(argument.value, "value", None)
                if (argument.arg, value) in FORBIDDEN_ARGUMENTS:
                    yield f"{module}, line {node.lineno}: passes {argument.arg}={value}"
        elif isinstance(node, ast.Assert):
            yield f"{module}, line {node.lineno}: asserts; a user's error is a ValueError"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for match in ABSOLUTE_PATH.finditer(node.value):
                yield f"{module}, line {node.lineno}: absolute path {match.group()!r}"


def code_of(notebook):
    """The code cells of a notebook as one source; lines of IPython magic become empty."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return re.sub(r"^[ \t]*[%!].*$", "", code, flags=re.MULTILINE)


def sources():
    """`(dotted name, source)` of everything that the rules hold for."""
    for folder in ("keras_attention", "tasks", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            names = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(names).removesuffix(".__init__"), path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        yield f"notebooks.{path.stem}", code_of(path)


SOURCES = dict(sources())


@pytest.mark.parametrize("module", [name for name in SOURCES if name != "keras_attention"])
def test_imports_point_down(module):
    assert list(import_faults(module, SOURCES[module])) == []


@pytest.mark.parametrize("module", [m for m in SOURCES if m.startswith("keras_attention.ops")])
def test_only_ops_backend_names_a_backend(module):
    assert list(backend_faults(module, SOURCES[module])) == []


def test_a_named_backend_is_found():
    source = "def f():\n    import tensorflow as tf"
    assert len(list(backend_faults("keras_attention.ops.masks", source))) == 1
    assert list(backend_faults("keras_attention.ops.backend.loops", source)) == []


@pytest.mark.parametrize("module", SOURCES)
def test_sources_hold_nothing_forbidden(module):
    assert list(content_faults(module, SOURCES[module])) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("keras_attention.ops.masks", "from keras_attention.layers import feed_forward"),
        ("keras_attention.layers.residual", "import keras_attention.training.losses"),
        ("keras_attention.models.transformer", "def f():\n    from tasks.common import vocabulary"),
        ("keras_attention.layers.residual", "from keras_attention import MultiHeadAttention"),
        ("keras_attention.layers.residual", "from .feed_forward import FeedForward"),
        ("tasks.translation.model", "from tasks.text_classification import model"),
        ("tasks.translation.model", "from tasks import text_classification"),
        ("tasks.text_classification.train", "from tasks.translation.model import Translator"),
        ("tasks.common.vocabulary", "from tasks.translation.data import load_pairs"),
        ("notebooks.translation", "import benchmarks.translation"),
    ],
)
def test_a_wrong_arrow_is_found(module, source):
    assert len(list(import_faults(module, source))) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("keras_attention.layers.residual", "from keras_attention.ops import masks"),
        ("keras_attention.layers.residual", "from keras_attention.layers import feed_forward"),
        ("tasks.translation.model", "from tasks.common.vocabulary import Vocabulary"),
        ("notebooks.translation", "from tasks.translation import data\nimport numpy"),
    ],
)
def test_a_right_arrow_passes(module, source):
    assert list(import_faults(module, source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "eval('1')",
        "keras.layers.Lambda(f)",
        "np.load(path, allow_pickle=True)",
        "keras.saving.load_model(path, safe_mode=False)",
        "assert d_model > 0, 'positive'",
        "path = '/ho' 'me/somebody/data'",
    ],
)
def test_a_forbidden_content_is_found(source):
    assert len(list(content_faults("somewhere", source))) == 1
