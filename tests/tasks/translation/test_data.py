"""From sentence pairs to batches: right ids, nothing lost, little padding, the same for a seed."""

import numpy as np
import pytest
import tensorflow as tf

from tasks.common.special_ids import END_ID, START_ID
from tasks.translation.corpora import Multi30k, Pair, Tsv, load_pairs
from tasks.translation.data import Batching, TranslationText, make_dataset, padding_share

WORDS = ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"]
SMALL = Batching(batch_tokens=211, max_length=53)


def written_pairs(number, seed=0):
    """Sentences of 1 to 9 words, the target one word longer."""
    generator = np.random.default_rng(seed)
    sentences = [
        " ".join(generator.choice(WORDS, generator.integers(1, 10))) for _ in range(number)
    ]
    return [Pair(sentence.title(), f"{sentence} y") for sentence in sentences]


@pytest.fixture(scope="module")
def pairs():
    return written_pairs(307)


@pytest.fixture(scope="module")
def text(pairs):
    return TranslationText.train(pairs, size=43)


def batches_of(dataset):
    return [
        (inputs["source_ids"], inputs["target_ids"], labels)
        for inputs, labels in dataset.as_numpy_iterator()
    ]


def content(text, batch):
    """The sentences of a batch, empty rows left out."""
    source, _, labels = batch
    filled = labels[:, 0] != 0
    decoded = [text.decode(ids[filled]).numpy() for ids in (source, labels)]
    return [Pair(s.decode(), t.decode()) for s, t in zip(*decoded, strict=True)]


@pytest.mark.parametrize("multiple", [None, 7])
@pytest.mark.parametrize("shuffle", [False, True])
def test_an_epoch_holds_every_pair_once(pairs, text, shuffle, multiple):
    batching = Batching(batch_tokens=211, max_length=49, pad_to_multiple_of=multiple)
    dataset = make_dataset(pairs, text, batching, shuffle=shuffle)
    for _ in range(2):
        batches = batches_of(dataset)
        assert len(batches) == dataset.cardinality()
        seen = [pair for batch in batches for pair in content(text, batch)]
        assert sorted(seen) == sorted(pairs)


def test_labels_are_the_target_shifted_left(pairs, text):
    for source, target, labels in batches_of(make_dataset(pairs, text, SMALL)):
        assert source.dtype == target.dtype == labels.dtype == np.int32
        assert target.shape == labels.shape
        assert (target[:, 0] == START_ID).all()
        assert not (target == END_ID).any()
        for ids, inputs, outputs in zip(source, target, labels, strict=True):
            assert ids[np.count_nonzero(ids) - 1] == END_ID
            length = np.count_nonzero(outputs)
            assert outputs[length - 1] == END_ID
            assert (inputs[1:length] == outputs[: length - 1]).all()
            assert not inputs[length:].any()


def test_batches_keep_to_the_budget_and_are_no_longer_than_they_must_be(pairs, text):
    for source, target, _ in batches_of(make_dataset(pairs, text, SMALL)):
        for ids in (source, target):
            assert ids.size <= 211
            assert ids.any(axis=0).all()


def test_the_same_seed_gives_the_same_epochs_and_each_its_own(pairs, text):
    def epochs(seed, first_epoch=0, sampling=None):
        batching = Batching(batch_tokens=211, max_length=53, sampling=sampling)
        dataset = make_dataset(pairs, text, batching, seed=seed, first_epoch=first_epoch)
        return [str(batches_of(dataset)) for _ in range(3)]

    for sampling in (None, 0.2):
        first = epochs(seed=5, sampling=sampling)
        assert len(set(first)) == 3
        assert epochs(seed=5, sampling=sampling) == first
        assert epochs(seed=6, sampling=sampling)[0] != first[0]
        assert epochs(seed=5, first_epoch=1, sampling=sampling)[:2] == first[1:]


def test_without_shuffling_all_epochs_are_the_same(pairs, text):
    dataset = make_dataset(pairs, text, SMALL, shuffle=False)
    assert str(batches_of(dataset)) == str(batches_of(dataset))


def test_sampling_cuts_otherwise_in_each_epoch_and_loses_nothing(pairs, text):
    batching = Batching(batch_tokens=211, max_length=53, sampling=0.1)
    dataset = make_dataset(pairs, text, batching)
    cuts = []
    for _ in range(2):
        batches = batches_of(dataset)
        assert len(batches) == dataset.cardinality()
        assert sorted(p for batch in batches for p in content(text, batch)) == sorted(pairs)
        cuts.append(sorted(tuple(row) for _, _, labels in batches for row in trimmed(labels)))
    assert cuts[0] != cuts[1]
    best = batches_of(make_dataset(pairs, text, SMALL))
    assert sum(map(np.count_nonzero, best[0])) > 0
    assert sum(map(len, cuts[0])) > sum(np.count_nonzero(labels) for *_, labels in best)


def test_a_sample_that_is_too_long_gives_way_to_the_best_cut(pairs, text):
    longest = max(len(ids) for ids in text.encode_source([p.source for p in pairs]).to_list())
    longest = max(longest, max(len(i) for i in text.encode_target([p.target for p in pairs])) - 1)
    batching = Batching(batch_tokens=211, max_length=longest, sampling=0.01)
    batches = batches_of(make_dataset(pairs, text, batching))
    assert max(max(s.shape[1], t.shape[1]) for s, t, _ in batches) <= longest
    assert sorted(p for batch in batches for p in content(text, batch)) == sorted(pairs)


def test_nothing_is_sampled_without_shuffling(pairs, text):
    sampling = Batching(batch_tokens=211, max_length=53, sampling=0.1)
    with_it, without = (
        str(batches_of(make_dataset(pairs, text, batching, shuffle=False)))
        for batching in (sampling, SMALL)
    )
    assert with_it == without


def test_long_text_is_cut_off_and_counted(pairs, text, caplog):
    lengths = np.array(
        [
            text.encode_source([p.source for p in pairs]).row_lengths(),
            text.encode_target([p.target for p in pairs]).row_lengths() - 1,
        ]
    )
    too_long = int((lengths.max(axis=0) > 17).sum())
    assert 0 < too_long < len(pairs)
    batches = batches_of(make_dataset(pairs, text, Batching(batch_tokens=211, max_length=17)))
    assert (
        f"{too_long} of 307 pairs are longer than max_length=17 tokens and are cut off"
        in caplog.text
    )
    assert max(max(s.shape[1], t.shape[1], y.shape[1]) for s, t, y in batches) == 17
    assert sum(len(labels) for *_, labels in batches) == 307
    for source, _, labels in batches:
        assert (source.max(axis=1) > 0).all()
        for ids in trimmed(source) + trimmed(labels):
            assert ids[-1] == END_ID


def test_long_text_is_left_out_and_counted(pairs, text, caplog):
    batching = Batching(batch_tokens=211, max_length=17, too_long="drop")
    batches = batches_of(make_dataset(pairs, text, batching))
    left = sorted(p for batch in batches for p in content(text, batch))
    assert set(left) < set(pairs)
    assert f"{307 - len(left)} of 307 pairs are longer" in caplog.text
    assert "are left out" in caplog.text


def test_a_limit_that_leaves_nothing_is_an_error(pairs, text):
    batching = Batching(batch_tokens=211, max_length=3, too_long="drop")
    long = [pair for pair in pairs if len(pair.source) > 30]
    with pytest.raises(ValueError, match=rf"max_length=3, which all {len(long)} pairs exceed"):
        make_dataset(long, text, batching)


def test_no_pairs_are_an_error(text):
    with pytest.raises(ValueError, match="at least one sentence pair"):
        make_dataset([], text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_length": 2}, "`max_length` must be at least 3.*Received: max_length=2"),
        ({"batch_tokens": 31, "max_length": 37}, "batch_tokens=31, max_length=37"),
        ({"sampling": 0.0}, r"`sampling` must be in \(0, 1\]. Received: sampling=0.0"),
        ({"sampling": 1.5}, r"`sampling` must be in \(0, 1\]. Received: sampling=1.5"),
        ({"max_length": 31, "pad_to_multiple_of": 7}, "max_length=31, pad_to_multiple_of=7"),
        ({"pad_to_multiple_of": 0}, "must be a multiple of `pad_to_multiple_of`"),
    ],
)
def test_batching_is_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        Batching(**arguments)


def test_the_source_can_be_read_in_lower_case(pairs):
    text = TranslationText.train(pairs, size=31, lowercase_source=True)
    assert not any(c.isupper() for c in "".join(text.vocabulary.pieces(range(4, 31))))
    assert text.encode_source(["UNO Dos"]).to_list() == text.encode_source(["uno dos"]).to_list()
    assert text.warn_unknown(["UNO DOS"], "here") == 0
    first = content(text, batches_of(make_dataset(pairs, text, SMALL, shuffle=False))[0])[0]
    assert first.source == first.source.lower()
    source = text.samplers([Pair("UNO DOS", "y")], 1.0)[0].sample(3)
    assert text.decode([source.values]).numpy()[0].decode() == "uno dos"


def test_the_limit_counts_what_the_model_reads(text):
    sentence = " ".join(WORDS)
    assert len(text.encode_source([sentence], max_length=7).to_list()[0]) == 7
    assert len(text.encode_target([sentence], max_length=7).to_list()[0]) == 7 + 1


def test_a_strategy_splits_each_batch_between_its_replicas(pairs, text):
    devices = tf.config.list_logical_devices("CPU")
    strategy = tf.distribute.MirroredStrategy([device.name for device in devices[:2]])
    dataset = make_dataset(pairs, text, SMALL, seed=3)
    whole = batches_of(make_dataset(pairs, text, SMALL, seed=3))
    for (inputs, labels), (source, _, expected) in zip(
        strategy.experimental_distribute_dataset(dataset), whole, strict=True
    ):
        parts = strategy.experimental_local_results(inputs["source_ids"])
        assert len(parts) == 2
        assert np.array_equal(np.concatenate(parts), source)
        parts = strategy.experimental_local_results(labels)
        assert np.array_equal(np.concatenate(parts), expected)
        assert abs(len(parts[0]) - len(parts[1])) <= 1


def test_the_share_of_padding_is_that_of_the_log(pairs, text, caplog):
    caplog.set_level("INFO", logger="tasks.translation.epochs")
    dataset = make_dataset(pairs, text, SMALL, shuffle=False)
    share = padding_share(dataset)
    assert f"307 pairs in {dataset.cardinality()} batches" in caplog.text
    assert f"{100 * share:.1f} % of them padding" in caplog.text
    ids = np.concatenate(
        [ids.ravel() for source, target, _ in batches_of(dataset) for ids in (source, target)]
    )
    assert share == pytest.approx(np.mean(ids == 0))


@pytest.mark.slow
def test_less_than_a_tenth_of_multi30k_is_padding(data_folder):
    pairs = load_pairs(Multi30k(data_folder / "multi30k")).train
    text = TranslationText.train(pairs[:5000], size=4001)
    for sampling in (None, 0.3):
        dataset = make_dataset(pairs[:: 3 if sampling else 1], text, Batching(sampling=sampling))
        assert padding_share(dataset) < 0.10


def test_a_language_without_spaces(data_folder):
    splits = load_pairs(Tsv(data_folder / "tatoeba_cmn_eng" / "cmn.txt.gz"))
    pairs = splits.train[::7]
    text = TranslationText.train(pairs, size=2003, character_coverage=(1.0, 0.9995))
    unknown = text.vocabulary.unknown_characters([pair.target for pair in pairs])
    total = sum(len(pair.target) for pair in pairs)
    assert 0 < unknown.total() <= 0.0005 * total
    foreign = set(text.vocabulary.unknown_characters(pair.target for pair in splits.test))
    known = [pair for pair in splits.test if foreign.isdisjoint(pair.target)][:199]
    decoded = text.decode(text.encode_target([pair.target for pair in known])).numpy()
    # Full-width punctuation is normalised, the characters stay.
    same = [
        characters(a.decode()) == characters(b.target) for a, b in zip(decoded, known, strict=True)
    ]
    assert np.mean(same) > 0.97
    assert padding_share(make_dataset(pairs, text, Batching(1021, 64))) < 0.10


def characters(sentence):
    return [c for c in sentence if "\u4e00" <= c <= "\u9fff"]


def trimmed(ids):
    """Rows without their padding."""
    return [row[: np.count_nonzero(row)].tolist() for row in ids]
