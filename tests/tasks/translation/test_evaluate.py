import shutil

import pytest

from tasks.common import console
from tasks.translation import evaluate

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def run(tiny_run, tmp_path):
    return shutil.copytree(tiny_run, tmp_path / "run")


def test_scores_are_printed_with_signatures_and_the_search(run, caplog):
    caplog.set_level("INFO")
    arguments = [str(run), "--split", "validation", "--decode.beams", "2"]

    console.run(evaluate.main, [*arguments, "--decode.length-penalty", "1.5"])

    assert "9 sentences of the validation split, 2 beams, length penalty 1.5" in caplog.text
    for name in ("BLEU", "chrF", "tokenized BLEU", "exact match"):
        assert f"  {name}" in caplog.text
    assert "|tok:13a|" in caplog.text
    lines = (run / "validation.hypotheses.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 9


@pytest.mark.slow
def test_the_best_checkpoint_can_be_scored(run, caplog):
    caplog.set_level("INFO")

    console.run(evaluate.main, [str(run), "--weights", "best", "--decode.beams", "1"])

    assert "9 sentences of the test split, 1 beams" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "error: There is no run in nowhere: config.json is missing."),
        ([], "what `train` made"),
        (["{run}", "--split", "train"], "validation"),
        (["{run}", "--decode.beam", "3"], "--decode.beams"),
    ],
)
def test_what_cannot_be_is_told(tiny_run, arguments, message, capsys):
    with pytest.raises(SystemExit) as exit:
        console.run(evaluate.main, [one.format(run=tiny_run) for one in arguments])

    assert exit.value.code == 2
    assert message in "".join(capsys.readouterr())
