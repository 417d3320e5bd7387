"""The finished runs that the repository holds can be used by the code as it is now."""

from pathlib import Path

import pytest

from tasks.text_classification.model import Classifier
from tasks.translation.model import Translator

pytestmark = pytest.mark.tensorflow
RESULTS = Path(__file__).parents[2] / "results"
CONTRAST = "The waiter is friendly, but the bill is far too high."
SAYS = {
    "translation/tiny": {
        "There is a white school near the river.": "Hay una escuela blanca cerca del río."
    },
    "translation/recurrent": {
        "There is a white school near the river.": "Hay una escuela blanca cerca del río."
    },
    "translation/multi30k": {"A man sleeps.": "Ein Mann schläft."},
    "translation/tatoeba_spanish": {"I am tired.": "Estoy cansado."},
    "translation/tatoeba_chinese": {"I am happy.": "我很快乐。"},
    "text_classification/tiny": {"Nobody calls the soup bad.": "positive", CONTRAST: "negative"},
    "text_classification/aspects": {CONTRAST: ("people",), "The waiter is very rude.": ()},
    "text_classification/rating": {CONTRAST: 1.1, "Nobody calls the soup bad.": 4.0},
    "text_classification/words": {
        "Nobody calls the soup bad.": ("nothing", "nothing", "nothing", "topic", "praise")
    },
    "text_classification/imdb_pretrained": {
        "A wonderful film, I loved every minute of it.": "positive",
        "What a waste of time: dull, badly acted and far too long.": "negative",
    },
}


def test_all_are_known():
    runs = {path.parent for path in RESULTS.glob("*/*/config.json")}
    assert {str(run.relative_to(RESULTS)) for run in runs} == SAYS.keys()


@pytest.mark.parametrize("run", SAYS)
def test_it_says_what_it_said(run):
    folder, texts = RESULTS / run, SAYS[run]
    if run.startswith("translation"):
        said = Translator.load(folder)(list(texts))
    else:
        said = [one.label for one in Classifier.load(folder)(list(texts))]
    for one, expected in zip(said, texts.values(), strict=True):
        assert one == (
            pytest.approx(expected, abs=0.1) if isinstance(expected, float) else expected
        )
