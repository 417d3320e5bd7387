import io
import json

import numpy as np
import pytest

from tasks.common import console
from tasks.text_classification import predict
from tasks.text_classification.labels import Prediction
from tasks.text_classification.model import Classifier

pytestmark = pytest.mark.tensorflow

TEXTS = ["The soup is not bad.", "The waiter is kind."]


@pytest.fixture(scope="module")
def loaded(tiny_run):
    return Classifier.load(tiny_run)


@pytest.fixture
def classify(tiny_run, loaded, capsys, monkeypatch):
    """Runs the command on the small run and returns the lines that it prints."""
    monkeypatch.setattr(predict.Classifier, "load", lambda *_: loaded)

    def run(*arguments, stdin=""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        console.run(predict.main, [str(tiny_run), *arguments])
        return capsys.readouterr().out.splitlines()

    return run


def test_arguments_files_and_standard_input_are_classified_alike(classify, tmp_path):
    file, output = tmp_path / "in.txt", tmp_path / "out.jsonl"
    file.write_text("".join(f"{text}\n" for text in TEXTS), encoding="utf-8")

    lines = classify(*TEXTS, "--no-reasons")

    assert len(lines) == 2
    assert lines[0].endswith("%\tThe soup is not bad.")
    assert classify(stdin=file.read_text(encoding="utf-8")) == lines
    assert classify("--input", str(file)) == lines
    assert classify("--input", str(file), "--output", str(output)) == []
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [row["text"] for row in rows] == TEXTS
    assert rows[0]["label"] in lines[0]
    assert sum(rows[0]["probabilities"].values()) == pytest.approx(1.0, abs=1e-5)


def test_the_reasons_of_arguments_are_printed(classify):
    lines = classify(TEXTS[0])
    assert len(lines) == 5
    assert lines[1].startswith("  attention of the last layer")
    assert lines[4].startswith("  integrated gradients")


def test_the_reasons_are_written_as_a_page(classify, tmp_path):
    page = tmp_path / "page.html"
    classify("--html", str(page), stdin="\n".join(TEXTS))
    content = page.read_text(encoding="utf-8")
    assert content.count("<h2>") == 2
    assert "The waiter is kind." in content


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        (Prediction("b", {"a": 0.2, "b": 0.7, "c": 0.1}), "b 70.0 %, a 20.0 %"),
        (Prediction(("a", "c"), {"a": 0.9, "b": 0.2, "c": 0.6}), "a 90.0 %, c 60.0 %"),
        (Prediction((), {"a": 0.1, "b": 0.2}), "none"),
        (Prediction(3.456), "3.46"),
        (Prediction(("x", "y"), {"x": [0.9, 0.1], "y": [0.1, 0.9]}), "The/x soup/y"),
    ],
)
def test_every_kind_of_answer_is_shown(prediction, expected):
    assert predict.shown("The soup", prediction, best=2) == expected


def test_an_empty_text_is_named(classify, capsys):
    with pytest.raises(SystemExit):
        classify(TEXTS[0], " ")
    assert "Text 2 is empty: there is nothing to classify" in capsys.readouterr().err


def test_pairs_and_single_texts_are_told_apart(loaded):
    with pytest.raises(ValueError, match="trained on single texts. Received: second texts"):
        loaded(TEXTS, TEXTS)


def test_no_texts_no_answers(loaded):
    assert loaded([]) == []


def test_a_text_of_100000_characters_is_cut_off_and_counted(loaded, caplog):
    before = loaded.too_long
    loaded(["bad " * 25_000, "good"])
    assert loaded.too_long == before + 1
    assert "1 of 2 texts are longer than 96 tokens: the head is kept" in caplog.text


@pytest.mark.slow
def test_a_compiled_classifier_says_the_same(tiny_run, loaded):
    compiled = Classifier.load(tiny_run, compiled=True)
    # Of two lengths, one by one and together.
    texts = [*TEXTS, "Nobody denies that the waiter is kind, but the soup is far too hot for me."]
    expected = loaded.logits(texts)
    for found in (compiled.logits(texts), [compiled.logits([text])[0] for text in texts]):
        for logits, others in zip(found, expected, strict=True):
            np.testing.assert_allclose(logits, others, atol=1e-5)
