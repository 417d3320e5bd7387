"""A window, a few blocks that everybody sees, and a few at random."""

import keras
import numpy as np

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.patterns.block_sparse import BlockSparse


@keras.saving.register_keras_serializable(package="keras_attention")
class BigBird(BlockSparse):
    """Blocks that see their neighbours, the first blocks and some at random: BigBird.

    The first blocks see all others and are seen by all. The random blocks are drawn once, from the
    seed; of a sequence shorter than `max_length`, a block sees those that there are.

    Args:
        max_length: Positive integer, the length of the longest sequence.
        block_size: Positive integer, the number of tokens of a block.
        window_blocks: Odd positive integer, the number of neighbours, a block's own included.
        global_blocks: Positive integer, the number of first blocks that see and are seen.
        random_blocks: Positive integer, the number of random blocks that a block sees.
        seed: Integer for the random blocks.

    Raises:
        ValueError: If an argument is out of range, the blocks that a block sees are more than there
            are, or a sequence is longer than `max_length`.

    Example:

    >>> pattern = keras_attention.BigBird(max_length=12, block_size=2)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, pattern=pattern)
    >>> layer(np.ones((2, 11, 32)), np.ones((2, 11, 32))).shape
    (2, 11, 32)

    References:
        [Zaheer et al., 2020](https://arxiv.org/abs/2007.14062), section 2
    """

    def __init__(
        self,
        max_length,
        block_size=64,
        window_blocks=3,
        global_blocks=1,
        random_blocks=2,
        seed=0,
    ):
        self._arguments = {
            "max_length": positive_integer("max_length", max_length),
            "block_size": positive_integer("block_size", block_size),
            "window_blocks": positive_integer("window_blocks", window_blocks),
            "global_blocks": positive_integer("global_blocks", global_blocks),
            "random_blocks": positive_integer("random_blocks", random_blocks),
            "seed": seed,
        }
        if window_blocks % 2 == 0:
            raise ValueError(
                "`window_blocks` must be odd, as many on each side of a block. Received: "
                f"window_blocks={window_blocks}."
            )
        blocks = -(-max_length // block_size)
        if window_blocks + global_blocks + random_blocks > blocks:
            raise ValueError(
                "`window_blocks`, `global_blocks` and `random_blocks` must not be more than the "
                f"blocks of the sequence, {blocks} for max_length={max_length} in blocks of "
                f"block_size={block_size}. Received: window_blocks={window_blocks}, "
                f"global_blocks={global_blocks}, random_blocks={random_blocks}."
            )
        super().__init__(
            _block_mask(blocks, window_blocks, global_blocks, random_blocks, seed), block_size
        )

    def check_lengths(self, q_len, k_len):
        for length in (q_len, k_len):
            if length is not None and length > self._arguments["max_length"]:
                raise ValueError(
                    "`max_length` must be the length of the longest sequence. Received: "
                    f"max_length={self._arguments['max_length']} for a sequence of {length}."
                )

    def get_config(self):
        return dict(self._arguments)


def _block_mask(blocks, window_blocks, global_blocks, random_blocks, seed):
    index = np.arange(blocks)
    mask = np.abs(index[:, None] - index) <= window_blocks // 2
    mask[:global_blocks] = mask[:, :global_blocks] = True
    draw = np.random.default_rng(seed)
    for row in mask:
        unseen = np.flatnonzero(~row)
        row[draw.permutation(unseen)[:random_blocks]] = True
    return mask
