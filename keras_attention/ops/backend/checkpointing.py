"""Loops whose gradient runs each step again instead of keeping what it computed."""

import functools

import keras
from keras import ops


@functools.cache
def compiled(function):
    """`function(*tensors, rules)`; on JAX one program, where each call would compile its loops."""
    if keras.backend.backend() != "jax":
        return function
    import jax

    return jax.jit(function, static_argnames="rules")


def map_steps(step, xs, checkpoint=True):
    """`step` of each slice of the tensors `xs` along their first axis, stacked.

    With `checkpoint` nothing that is computed within a step is kept for its gradient.
    """
    if keras.backend.backend() == "jax":
        import jax

        step = jax.checkpoint(step) if checkpoint else step
        return jax.lax.map(lambda x: step(*x), tuple(xs))

    from torch.utils.checkpoint import checkpoint as run_again

    def run(*x):
        return run_again(step, *x, use_reentrant=False) if checkpoint else step(*x)

    return ops.stack([run(*x) for x in zip(*(ops.unstack(x) for x in xs), strict=True)])


def uniform(shape, seed, number):
    """Float32 numbers from 0 to 1 that follow from an integer tensor `seed` `[2]` and `number`."""
    if keras.backend.backend() == "jax":
        import jax

        key = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed[0]), seed[1]), number)
        return jax.random.uniform(key, shape)

    import torch

    generator = torch.Generator(device=seed.device)
    generator.manual_seed(int(seed[0]) * 2**31 + int(seed[1]) + int(number))
    return torch.rand(shape, generator=generator, device=seed.device)
