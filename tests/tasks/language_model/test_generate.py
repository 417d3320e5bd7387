import shutil

import pytest

from tasks.common import console
from tasks.language_model import generate

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def write(tiny_run, capsys):
    """Runs the command on the small run and returns what it prints."""

    def run(*arguments):
        console.run(generate.main, [str(tiny_run), *arguments])
        return capsys.readouterr().out

    return run


def test_samples_begin_with_the_prompt_and_are_the_same_for_a_seed(write):
    arguments = ["The sun", "--samples", "3", "--length", "29", "--temperature", "1.3"]
    arguments += ["--top-k", "11", "--top-p", "0.97"]

    printed = write(*arguments, "--seed", "5")

    texts = printed.removesuffix("\n").split(f"\n\n{'-' * 40}\n")
    assert len({*texts}) == 3
    assert all(text.startswith("The sun") for text in texts)
    assert all(len(text) == 7 + 29 for text in texts)
    assert write(*arguments, "--seed", "5") == printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["The ☃"], "Received others: '☃'"),
        (["The", "--length", "0"], "length=0"),
        (["The", "--samples", "0"], "samples=0"),
        (["The", "--temperature", "-1"], "temperature=-1"),
        (["The", "--top-p", "0"], "top_p=0"),
        (["The", "--top-k", "0"], "top_k=0"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_line(write, arguments, message, capsys):
    with pytest.raises(SystemExit) as exit:
        write(*arguments)

    assert exit.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error


@pytest.mark.parametrize("file", ["checkpoints/final.npz", "config.json", "vocabulary.model"])
def test_a_half_written_file_of_the_run_is_named(tiny_run, tmp_path, capsys, file):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    content = (run / file).read_bytes()
    (run / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(SystemExit) as exit:
        console.run(generate.main, [str(run), "The"])

    assert exit.value.code == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert ("vocabulary does not belong" if "vocabulary" in file else file) in error
