"""Sampling of subwords: other cuts of the same text, as probable as the model says."""

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from sentencepiece import SentencePieceProcessor

from tasks.common.special_ids import END_ID, START_ID
from tasks.common.vocabulary import Vocabulary

SENTENCES = ["the house", "the houses are red", "a red house", "", "mouse in house", "猫 house"] * 7


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.train([SENTENCES[:5] * 9 + ["ho us se es"] * 5], size=23)


def test_a_sample_says_the_same_in_other_pieces(vocabulary):
    best = vocabulary.encode(SENTENCES)
    sampler = vocabulary.sampler(SENTENCES, 0.2)
    first, again, other = (sampler.sample(seed) for seed in (3, 3, 4))
    assert rows_of(first) == rows_of(again)
    assert rows_of(first) != rows_of(other)
    assert rows_of(first) != best.to_list()
    tensor = tf.RaggedTensor.from_row_splits(first.values, first.starts)
    assert vocabulary.decode(tensor).numpy().tolist() == vocabulary.decode(best).numpy().tolist()


def test_start_and_end_frame_each_sentence(vocabulary):
    framed = rows_of(vocabulary.sampler(SENTENCES, 0.2, start=True, end=True).sample(5))
    for row in framed:
        assert (row[0], row[-1]) == (START_ID, END_ID)
        assert not {START_ID, END_ID} & set(row[1:-1])
    assert framed[3] == [START_ID, END_ID]


def test_without_randomness_it_is_the_best_cut(vocabulary):
    """What repeats most often at a low temperature is what the graph's tokenizer gives."""
    sampler = vocabulary.sampler(SENTENCES[:5], 1.0)
    drawn = [
        Counter(map(tuple, rows)) for rows in zip(*map(rows_of, samples(sampler)), strict=True)
    ]
    best = vocabulary.encode(SENTENCES[:5]).to_list()
    assert [list(counts.most_common(1)[0][0]) for counts in drawn] == best


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_each_cut_is_drawn_as_often_as_it_is_probable(vocabulary, tmp_path, alpha):
    """Beside all cuts of the word, found by brute force."""
    vocabulary.save(tmp_path / "model")
    processor = SentencePieceProcessor(model_file=str(tmp_path / "model"))
    word, drawn = "▁house", 20_000

    def cuts(rest):
        if not rest:
            yield ()
        for end in range(1, len(rest) + 1):
            piece = processor.piece_to_id(rest[:end])
            if not processor.is_unknown(piece):
                yield from ((piece, *cut) for cut in cuts(rest[end:]))

    all_cuts = list(cuts(word))
    weights = [np.exp(alpha * sum(map(processor.get_score, cut))) for cut in all_cuts]
    sample = vocabulary.sampler(["house"] * drawn, alpha).sample(3)
    counts = Counter(map(tuple, rows_of(sample)))

    assert 3 < len(all_cuts) <= 32  # more than one, and no more than the sampler considers
    assert set(counts) <= set(all_cuts)
    for cut, weight in zip(all_cuts, weights, strict=True):
        share = weight / sum(weights)
        deviation = np.sqrt(share * (1 - share) / drawn)
        assert counts[cut] / drawn == pytest.approx(share, abs=4 * deviation + 1e-9)


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1.5])
def test_alpha_is_checked(vocabulary, alpha):
    with pytest.raises(ValueError, match=rf"`alpha` must be in \(0, 1\]. Received: alpha={alpha}"):
        vocabulary.sampler(SENTENCES, alpha)


def test_a_bpe_vocabulary_cannot_be_sampled_from():
    vocabulary = Vocabulary.train([SENTENCES[:5]], size=29, model_type="bpe")
    with pytest.raises(ValueError, match=r"needs a unigram vocabulary.*turn sampling off"):
        vocabulary.sampler(SENTENCES, 0.5)


def samples(sampler, number=50):
    return [sampler.sample(seed) for seed in range(number)]


def rows_of(ragged):
    return [row.tolist() for row in np.split(ragged.values, ragged.starts[1:-1])]
