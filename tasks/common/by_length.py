"""Batches of examples of similar lengths."""

import numpy as np

_POOL = 50  # batches whose examples are sorted by length together


def plan_epoch(
    lengths: np.ndarray, batch_size: int, seed: tuple[int, ...] | None
) -> list[np.ndarray]:
    """The examples of each batch: of similar lengths, in random order if there is a seed.

    Random pools of examples are sorted by length and cut into batches, so padding is little and yet
    an example meets others in each epoch.

    Args:
        lengths: of each example.
        batch_size: number of examples of each batch but one.
        seed: of the order; None: sorted by length.

    Returns:
        The numbers of the examples of each batch.
    """
    order = np.arange(len(lengths))
    if seed is None:
        order = np.argsort(lengths, kind="stable")
        return np.split(order, range(batch_size, len(order), batch_size))
    generator = np.random.default_rng(seed)
    order = generator.permutation(order)
    pools = np.split(order, range(batch_size * _POOL, len(order), batch_size * _POOL))
    order = np.concatenate([pool[np.argsort(lengths[pool], kind="stable")] for pool in pools])
    batches = np.split(order, range(batch_size, len(order), batch_size))
    return [batches[i] for i in generator.permutation(len(batches))]
