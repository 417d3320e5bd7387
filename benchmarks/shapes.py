"""Shapes of batches as they are written on the command line."""


def batch_and_length(shape: str) -> tuple[int, int]:
    """The two numbers of, for example, 64x32."""
    batch, _, length = shape.partition("x")
    if not (batch.isdecimal() and length.isdecimal() and int(batch) * int(length) > 0):
        raise SystemExit(f"Expected a shape as batch x length, such as 64x32. Received: {shape}.")
    return int(batch), int(length)
