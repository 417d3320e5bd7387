"""The words that a trained model's embedding puts nearest to each word."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from keras_attention.training.checkpoint_file import read_checkpoint
from tasks.common.run_folder import RunFolder

_WORD = "\u2581"  # what SentencePiece begins a word with
_TABLE = "token_embedding/embedding/embeddings"
_PORTION = 1024  # words that are compared with all others at once


def nearest_words(folder: Path, words: Iterable[str], count: int) -> dict[str, tuple[str, ...]]:
    """For each word that is a single piece of a run's vocabulary, the nearest others.

    Near is what has a small angle between it in the run's token embedding. A piece that begins a
    word need not be one, so only such count that occur among `words`; and a word in another case is
    no other word.

    Args:
        folder: a run folder, of text classification or translation.
        words: those of the texts that shall be changed.
        count: how many neighbours of each word.

    Raises:
        FileNotFoundError: if there is no run, or it has no weights yet.
        ValueError: if it has no token embedding, or its vocabulary none of the words as a piece.
    """
    run = RunFolder(folder)
    vocabulary = run.load_vocabulary()
    occurring = {word.casefold() for word in words} - {""}
    pieces = enumerate(vocabulary.pieces(range(vocabulary.size)))
    whole = {i: piece[1:] for i, piece in pieces if piece.startswith(_WORD)}
    whole = {i: word for i, word in whole.items() if word.casefold() in occurring}
    names, kinds = np.unique([word.casefold() for word in whole.values()], return_inverse=True)
    if len(names) < 2:
        raise ValueError(
            f"The vocabulary of {folder} has no two of the words of the texts as single pieces. "
            "Give another run by `augmentation.neighbours`, one with a larger vocabulary or on "
            "texts like these."
        )
    vectors = _embedding(run)[list(whole)].astype("float32")
    vectors /= np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    spelled = np.array(list(whole.values()))
    found = {}
    for start in range(0, len(vectors), _PORTION):
        rows = slice(start, start + _PORTION)
        similarity = vectors[rows] @ vectors.T  # [portion, words]
        similarity[kinds[rows, None] == kinds] = -np.inf
        best = np.argsort(-similarity, axis=-1, kind="stable")[:, :count]
        for word, row, values in zip(spelled[rows], best, similarity, strict=True):
            found[str(word)] = tuple(str(spelled[i]) for i in row if np.isfinite(values[i]))
    return found


def _embedding(run: RunFolder) -> np.ndarray:
    """The token embedding of a finished run, or of one that has only pre-trained."""
    paths = [run.weights("final"), run.weights("encoder")]
    weights = read_checkpoint(next(filter(Path.exists, paths), paths[0])).weights
    tables = [value for name, value in weights.items() if name.endswith(_TABLE)]
    if len(tables) != 1:
        raise ValueError(f"{run.path} is no run with one token embedding. It has {len(tables)}.")
    return tables[0]
