"""The finished runs that the repository holds can be used by the code as it is now."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from thinning import every_nth

from tasks.common.run_folder import RunFolder
from tasks.image_classification.config import ImageConfig
from tasks.image_classification.corpora import load_pictures
from tasks.image_classification.model import ImageClassifier
from tasks.speech_recognition.config import SpeechConfig
from tasks.speech_recognition.corpora import load_utterances
from tasks.speech_recognition.model import Recognizer
from tasks.text_classification.config import ClassificationConfig
from tasks.text_classification.corpora import load_examples
from tasks.text_classification.facts import RunFacts
from tasks.text_classification.model import Classifier, build_model
from tasks.text_classification.pretraining import load_encoder
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
    "text_classification/sst2": {
        "A gripping, beautifully acted film.": "positive",
        "Tedious, predictable and far too long.": "negative",
    },
    "text_classification/clinc150": {
        "Will it rain in London tomorrow?": "weather",
        "Please move ten dollars from savings to checking.": "transfer",
    },
    "text_classification/imdb_pretrained": {
        "A wonderful film, I loved every minute of it.": "positive",
        "What a waste of time: dull, badly acted and far too long.": "negative",
    },
}
# Encoders that other runs begin with: words, each with one like it and one unlike it.
ENCODERS = {
    "text_classification/imdb_encoder": [
        ("terrible", "awful", "director"),
        ("actor", "actress", "boring"),
        ("wonderful", "excellent", "actor"),
    ]
}


def pictures_and_what_is_seen(run, count):
    """The classes of test pictures, and what a model says that they are."""
    corpus = replace(RunFolder(run).load_config(ImageConfig).data, train=8, validation=8)
    splits = load_pictures(replace(corpus, test=count))
    seen = ImageClassifier.load(run)(splits.test.images)
    return [splits.classes[label] for label in splits.test.labels], [one.label for one in seen]


def recordings_and_what_is_heard(run, count):
    """The transcripts of test recordings, and what a model hears in them."""
    corpus = replace(RunFolder(run).load_config(SpeechConfig).data, train=8, validation=8)
    test = load_utterances(replace(corpus, test=count)).test
    heard = Recognizer.load(run)(test.audio)
    return list(test.transcripts), [one.text for one in heard]


# Who recognizes, how many test pictures or recordings, and the share of them that is right.
RECOGNIZES = {
    "image_classification/tiny": (pictures_and_what_is_seen, 64, 0.93),
    "speech_recognition/tiny": (recordings_and_what_is_heard, 8, 1.0),
}


def test_all_are_known():
    runs = {str(path.parent.relative_to(RESULTS)) for path in RESULTS.glob("*/*/config.json")}
    assert runs == SAYS.keys() | ENCODERS.keys() | RECOGNIZES.keys()


@pytest.mark.parametrize("run", RECOGNIZES)
def test_it_still_recognizes(run):
    recognize, count, share = RECOGNIZES[run]
    truth, said = recognize(RESULTS / run, count)
    assert len(truth) == len(said) == count
    assert np.mean([one == other for one, other in zip(truth, said, strict=True)]) >= share


@pytest.mark.parametrize("run", ENCODERS)
def test_another_run_can_begin_with_an_encoder_that_knows_its_language(run):
    folder = RunFolder(RESULTS / run)
    vocabulary, facts = folder.load_vocabulary(), folder.load_facts(RunFacts)
    config = folder.load_config(ClassificationConfig)
    model = build_model(config, vocabulary.size + 1, facts)
    load_encoder(model.encoder, folder)
    embeddings = model.encoder.token_embedding.embedding.get_weights()[0]
    directions = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    for words in ENCODERS[run]:
        word, like, unlike = (directions[int(vocabulary.encode([one])[0][0])] for one in words)
        assert word @ like > word @ unlike + 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run", "right", "least"),
    [
        ("tiny", str.__eq__, 0.97),
        ("aspects", lambda said, label: set(said) == set(label), 0.9),
        ("rating", lambda said, label: abs(said - label) < 0.5, 0.9),
    ],
)
def test_it_is_as_good_as_it_was(run, right, least):
    """On reviews of which it has seen none: as in `results`, but for the float16 of its weights."""
    folder = RunFolder(RESULTS / "text_classification" / run)
    config = folder.load_config(ClassificationConfig)
    test = load_examples(replace(config.data, train=100, validation=100, test=500)).test
    said = Classifier.load(folder.path)([example.text for example in test])
    pairs = zip(said, test, strict=True)
    assert np.mean([right(one.label, example.label) for one, example in pairs]) > least


@pytest.mark.parametrize("run", every_nth(4, SAYS))
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
