import subprocess
import sys

import pytest
import tensorflow as tf

from tasks.common import console
from tasks.translation import export as export_module
from tasks.translation.model import Translator

pytestmark = pytest.mark.tensorflow

SENTENCES = ["The girl sees the apple.", "", "The dog eats two houses.", "The boy buys. " * 9]

# Everything that a user of the SavedModel needs, and proof that it is everything.
CLIENT = """
import sys
import tensorflow as tf
import tensorflow_text

translate = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
for batch in (sys.argv[2:], sys.argv[2:3]):
    for text in translate(text=tf.constant(batch))["text"].numpy():
        print(repr(text.decode()))
ours = [name for name in sys.modules if name.startswith(("keras_attention", "tasks"))]
assert not ours, ours
"""


@pytest.fixture(scope="module")
def exported(tiny_run, tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "model"
    console.run(export_module.main, [str(tiny_run), "--output", str(path)])
    return path


@pytest.fixture(scope="module")
def translations(tiny_run):
    return Translator.load(tiny_run)(SENTENCES)


def test_the_saved_model_translates_as_the_translator(exported, translations):
    translate = tf.saved_model.load(exported).signatures["serving_default"]

    for batch in (SENTENCES, SENTENCES[:1], SENTENCES[:3]):
        found = translate(text=tf.constant(batch))["text"].numpy()
        assert [text.decode() for text in found] == translations[: len(batch)]


@pytest.mark.slow
def test_a_fresh_process_needs_nothing_of_ours(exported, translations, tmp_path):
    finished = subprocess.run(
        [sys.executable, "-c", CLIENT, str(exported), *SENTENCES],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert finished.returncode == 0, finished.stderr[-3000:]
    expected = [repr(text) for text in [*translations, translations[0]]]
    assert finished.stdout.splitlines() == expected


def test_a_folder_that_holds_something_is_not_overwritten(tiny_run, capsys):
    with pytest.raises(SystemExit) as exit:
        console.run(export_module.main, [str(tiny_run), "--output", str(tiny_run)])

    assert exit.value.code == 2
    assert "exists and is not empty" in capsys.readouterr().err
