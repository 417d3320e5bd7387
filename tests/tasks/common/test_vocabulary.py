"""The vocabulary: text to ids and back, in the graph, with errors that say what to do."""

import importlib.util
import sys
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from tasks.common.special_ids import END_ID, PAD_ID, SPECIAL_PIECES, START_ID, UNKNOWN_ID
from tasks.common.vocabulary import Vocabulary

ENGLISH = [
    "a red house",
    "the red car",
    "a car and a house",
    "the house is red",
    "seven green trees",
    "the trees are seven",
    "we see a green tree",
] * 5
CHINESE = ["红色的房子", "一辆红色的车", "房子是红色的"] * 5


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.train([ENGLISH], size=23)


@pytest.fixture(scope="module")
def real(data_folder):
    """A thousand pieces of Spanish and English."""
    from tasks.translation.corpora import Tsv, load_pairs

    pairs = load_pairs(Tsv(data_folder / "tatoeba_spa_eng" / "spa-eng.zip", "spa.txt")).train
    sides = zip(*pairs[:20_000:5], strict=True)
    return Vocabulary.train([list(side) for side in sides], size=1009), pairs[1:997:7]


def test_the_first_four_ids_are_the_special_ones(vocabulary):
    assert (PAD_ID, UNKNOWN_ID, START_ID, END_ID) == (0, 1, 2, 3)
    assert tuple(vocabulary.pieces(range(4))) == SPECIAL_PIECES
    assert vocabulary.size == 23


def test_decoding_undoes_encoding(vocabulary):
    ids = vocabulary.encode(ENGLISH[:4], start=True, end=True)
    assert [row[0] for row in ids.to_list()] == [START_ID] * 4
    assert [row[-1] for row in ids.to_list()] == [END_ID] * 4
    assert strings(vocabulary.decode(ids)) == ENGLISH[:4]
    assert strings(vocabulary.decode(ids.to_tensor())) == ENGLISH[:4]


def test_decoding_undoes_encoding_of_real_text(real):
    vocabulary, pairs = real
    for side in zip(*pairs, strict=True):
        assert strings(vocabulary.decode(vocabulary.encode(side))) == list(side)


def test_decoding_stops_at_the_first_end_and_keeps_the_leading_shape(vocabulary):
    car, house = vocabulary.encode(["the car", "a house"]).to_list()
    row = [*car, END_ID, *house, PAD_ID]
    other = [START_ID, *house]
    ids = np.array([[row, other + [PAD_ID] * (len(row) - len(other))]])  # [1, 2, length]
    decoded = vocabulary.decode(ids)
    assert decoded.shape == (1, 2)
    assert strings(decoded[0]) == ["the car", "a house"]
    assert strings(vocabulary.decode([[END_ID, END_ID]])) == [""]


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("end", [False, True])
def test_a_long_text_is_cut_and_still_ends(vocabulary, start, end):
    whole = vocabulary.encode(["a car and a house"], start, end).to_list()[0]
    cut = vocabulary.encode(["a car and a house"], start, end, max_length=5).to_list()[0]
    assert len(cut) == 5
    assert cut == whole[: 5 - end] + [END_ID] * end


def test_pieces_are_what_a_picture_shows(vocabulary):
    ids = vocabulary.encode(["the car"], end=True).to_list()[0]
    pieces = vocabulary.pieces(ids)
    assert "".join(pieces[:-1]).replace("▁", " ").strip() == "the car"
    assert pieces[-1] == "</s>"


def test_it_works_in_a_pipeline_and_in_a_saved_model(vocabulary, tmp_path):
    dataset = tf.data.Dataset.from_tensor_slices(ENGLISH[:4]).batch(2)
    ids = [row for rows in dataset.map(vocabulary.encode) for row in rows.to_list()]
    assert ids == vocabulary.encode(ENGLISH[:4]).to_list()

    class RoundTrip(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def __call__(self, strings):
            return vocabulary.decode(vocabulary.encode(strings, start=True, end=True))

    tf.saved_model.save(RoundTrip(), tmp_path / "model")
    loaded = tf.saved_model.load(tmp_path / "model")
    assert strings(loaded(tf.constant(ENGLISH))) == ENGLISH


def test_seeding_tensorflow_does_not_break_it(vocabulary):
    # It empties the kernel cache, and a tokenizer made eagerly goes with that.
    before = vocabulary.encode(["a car"]).to_list()
    tf.random.set_seed(13)
    assert vocabulary.encode(["a car"]).to_list() == before
    assert strings(vocabulary.decode(before)) == ["a car"]


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_training_twice_gives_the_same_vocabulary(model_type):
    first, second = (Vocabulary.train([ENGLISH], 23, model_type) for _ in range(2))
    assert first.fingerprint == second.fingerprint
    other = Vocabulary.train([ENGLISH[:6]], 23, model_type)
    assert first.fingerprint != other.fingerprint


def test_saving_and_loading(vocabulary, tmp_path):
    path = tmp_path / "new" / "folder" / "vocabulary.model"
    vocabulary.save(path)
    loaded = Vocabulary.load(path)
    assert loaded.fingerprint == vocabulary.fingerprint
    assert loaded.encode(ENGLISH).to_list() == vocabulary.encode(ENGLISH).to_list()
    assert [file.name for file in path.parent.iterdir()] == ["vocabulary.model"]


def test_coverage_is_of_each_language():
    rare = [*CHINESE * 20, "猫"]
    whole = Vocabulary.train([ENGLISH, rare], 37, character_coverage=1.0)
    assert not whole.unknown_characters(["猫"])
    # One Chinese character in several hundred may be left out, of the English ones none.
    part = Vocabulary.train([[*ENGLISH * 20, "xyz"], rare], 37, character_coverage=(1.0, 0.995))
    assert part.unknown_characters(["猫", "xyz", *rare[:3]]) == Counter({"猫": 1})


def test_unknown_characters_are_counted_and_warned_about(vocabulary, caplog):
    assert vocabulary.unknown_characters(["a car", " "]) == Counter()
    assert vocabulary.unknown_characters(["a cat 猫", "猫猫"]) == Counter({"猫": 3})
    assert vocabulary.warn_unknown(["the house"], "input.txt") == 0
    assert not caplog.records
    assert vocabulary.warn_unknown(["a 猫", "x猫"], "input.txt") == 3
    assert "input.txt: 3 characters (2 different)" in caplog.text
    assert "'猫' (2), 'x' (1)" in caplog.text


def test_a_foreign_vocabulary_is_refused(vocabulary):
    vocabulary.check_fingerprint(vocabulary.fingerprint)
    pattern = f"(?s)does not belong to best.weights.*{'0' * 64}.*{vocabulary.fingerprint}.*same run"
    with pytest.raises(ValueError, match=pattern):
        vocabulary.check_fingerprint("0" * 64, "best.weights")


def test_a_size_that_the_text_cannot_give_names_the_possible_one():
    with pytest.raises(ValueError, match=r"`size` must be at most 31:.*Received: size=997"):
        Vocabulary.train([ENGLISH], size=997)
    assert Vocabulary.train([ENGLISH], size=31).size == 31
    with pytest.raises(ValueError, match=r"`size` must be at least 20.*Received: size=7"):
        Vocabulary.train([ENGLISH], size=7)
    with pytest.raises(ValueError, match=r"`size` must be above 4.*Received: size=4"):
        Vocabulary.train([ENGLISH], size=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model_type": "word"}, r'must be "unigram" or "bpe". Received: model_type=.word.'),
        ({"normalization": "nfd"}, r"`normalization` must be one of .*normalization='nfd'"),
        ({"character_coverage": 0.5}, r"from 0.98 to 1.0.*character_coverage=0.5 for 1 lang"),
        ({"character_coverage": (1.0, 1.0)}, r"one per language.*\(1.0, 1.0\) for 1 languages"),
        ({"languages": [["", " "]]}, "needs text. Received: 2 empty sentences"),
        ({"languages": []}, "needs text. Received: 0 empty sentences"),
    ],
)
def test_arguments_of_training_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary.train(**({"languages": [ENGLISH], "size": 23} | arguments))


def test_a_file_that_is_no_vocabulary_is_named(vocabulary, tmp_path):
    path = tmp_path / "vocabulary.model"
    with pytest.raises(FileNotFoundError, match=r"There is no vocabulary at .*vocabulary.model"):
        Vocabulary.load(path)
    vocabulary.save(path)
    whole = path.read_bytes()
    for damaged in (b"", b"not a model", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"vocabulary.model: Not a SentencePiece model"):
            Vocabulary.load(path)


def test_a_model_with_other_special_ids_is_refused(tmp_path):
    from sentencepiece import SentencePieceTrainer

    prefix = tmp_path / "foreign"
    SentencePieceTrainer.train(
        sentence_iterator=iter(ENGLISH), model_prefix=str(prefix), vocab_size=29, minloglevel=2
    )
    with pytest.raises(ValueError, match=r"foreign.model: The first four pieces .* '<unk>'"):
        Vocabulary.load(prefix.with_suffix(".model"))


def test_without_tensorflow_text_it_says_where_that_exists(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    spec = importlib.util.find_spec("tasks.common.vocabulary")
    message = (
        r"(?s)tensorflow-text, which is missing.*Linux \(x86-64 and ARM\) and macOS, none for W"
    )
    with pytest.raises(ImportError, match=message):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def strings(tensor):
    return [string.decode() for string in tensor.numpy()]
