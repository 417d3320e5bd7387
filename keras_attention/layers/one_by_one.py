"""Weights that depend on those of the query before."""

from keras import ops

from keras_attention.ops.scan import scan


def one_by_one(weights, first, query, mask, terms):
    """The weights of each query, in turn.

    Args:
        weights: Function `(query, mask, terms, previous) -> weights` for a single query,
            `[..., 1, k_len]`.
        first: What it is given as `previous` for the first query, `[..., 1, k_len]`.
        query: Float tensor `[..., q_len, size]`.
        mask: Boolean tensor that broadcasts to `[..., q_len, k_len]`, or None.
        terms: List of float tensors that broadcast to `[..., q_len, k_len]`.

    Returns:
        Float32 tensor `[..., q_len, k_len]`.
    """
    of_pairs = {"mask": mask, **{f"term_{i}": term for i, term in enumerate(terms)}}
    same = {name: x for name, x in of_pairs.items() if x is None or x.shape[-2] == 1}
    sequence = {name: x for name, x in of_pairs.items() if name not in same}
    sequence = {name: ops.moveaxis(x, -2, 0) for name, x in {"query": query, **sequence}.items()}

    def step(previous, here):
        now = {**same, **{name: x[..., None, :] for name, x in here.items()}}
        own_terms = [now[f"term_{i}"] for i in range(len(terms))]
        result = weights(now["query"], now["mask"], own_terms, previous)
        return result, result

    _, found = scan(step, first, sequence, "float32")  # [q_len, ..., 1, k_len]
    return ops.moveaxis(found[..., 0, :], 0, -2)
