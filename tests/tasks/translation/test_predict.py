import functools
import io
import shutil

import pytest

from tasks.common import console
from tasks.translation import predict

pytestmark = pytest.mark.tensorflow

SENTENCE = "The girl sees the apple."


class Input(io.TextIOWrapper):
    """Standard input of these bytes."""

    def __init__(self, content):
        super().__init__(io.BytesIO(content), encoding="utf-8")


@pytest.fixture(scope="module")
def load():
    """Loads a translator once for all tests: each would compile its search anew."""
    return functools.cache(predict.Translator.load)


@pytest.fixture
def translate(tiny_run, load, capsys, monkeypatch):
    """Runs the command on the small run and returns the lines that it prints."""
    monkeypatch.setattr(predict.Translator, "load", load)

    def run(*arguments, stdin=b""):
        monkeypatch.setattr("sys.stdin", Input(stdin))
        console.run(predict.main, [str(tiny_run), "--decode.beams", "2", *arguments])
        return capsys.readouterr().out.splitlines()

    return run


def test_arguments_files_and_standard_input_are_translated_alike(translate, tmp_path):
    file, output = tmp_path / "in.txt", tmp_path / "out" / "out.txt"
    file.write_text(f"{SENTENCE}\n\nThe dog eats two houses.\n", encoding="utf-8")

    lines = translate(SENTENCE, "", "The dog eats two houses.")

    assert len(lines) == 3
    assert lines[1] == ""
    assert translate(stdin=file.read_bytes()) == lines
    assert translate("--input", str(file)) == lines
    assert translate("--input", str(file), "--output", str(output)) == []
    assert output.read_text(encoding="utf-8").splitlines() == lines


def test_several_translations_are_rows_with_number_and_score(translate):
    rows = [line.split("\t") for line in translate(SENTENCE, "", SENTENCE, "--n-best", "2")]

    assert [row[0] for row in rows] == ["1", "1", "2", "3", "3"]
    assert float(rows[0][1]) >= float(rows[1][1])
    assert rows[0][1:] == rows[3][1:]


def test_the_attention_of_each_sentence_is_drawn(translate, tmp_path):
    picture = tmp_path / "pictures" / "attention.png"

    translate(SENTENCE, "", SENTENCE, "--attention", str(picture))

    names = sorted(path.name for path in picture.parent.iterdir())
    assert names == ["attention-3.png", "attention.png"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_unknown_characters_and_long_text_are_counted(translate, caplog):
    lines = translate("The ☃ sees ☃.", SENTENCE * 9)

    assert len(lines) == 2
    assert "2 characters (1 different) are not in the vocabulary" in caplog.text
    assert "1 of 2 sentences are longer than 31 tokens and are cut off" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        ([], b"", "standard input is empty"),
        ([], b"good\nb\xe4d\n", "Standard input, line 2: not UTF-8 (byte 0xe4)"),
        (["--input", "{folder}/empty.txt"], b"", "empty.txt is empty"),
        (["--input", "{folder}/latin1.txt"], b"", "latin1.txt, line 2: not UTF-8"),
        (["--input", "{folder}/nowhere.txt"], b"", "nowhere.txt"),
        ([SENTENCE, "--input", "{folder}/empty.txt"], b"", "not both"),
        ([SENTENCE, "--attention", "picture.mp3"], b"", "must end in one of"),
        ([SENTENCE, "--n-best", "3"], b"", "n_best=3, beams=2"),
        ([SENTENCE, "--n-best", "0"], b"", "n_best=0"),
    ],
)
def test_what_cannot_be_translated_is_told_in_a_line(
    translate, tmp_path, capsys, arguments, stdin, message
):
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "latin1.txt").write_bytes("gut\nschön\n".encode("latin1"))
    with pytest.raises(SystemExit) as exit:
        translate(*(one.format(folder=tmp_path) for one in arguments), stdin=stdin)

    assert exit.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("checkpoints/final.npz", "final.npz is damaged"),
        ("vocabulary.model", "vocabulary.model"),
        ("config.json", "config.json is damaged"),
    ],
)
def test_a_half_written_file_of_the_run_is_named(tiny_run, tmp_path, capsys, file, message):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    content = (run / file).read_bytes()
    (run / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(SystemExit) as exit:
        console.run(predict.main, [str(run), SENTENCE])

    assert exit.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
