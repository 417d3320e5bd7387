"""Shapes of batches as they are written on the command line."""

import re


def batch_and_length(shape: str) -> tuple[int, int]:
    """The two numbers of, for example, 64x32."""
    batch, _, length = shape.partition("x")
    if not (batch.isdecimal() and length.isdecimal() and int(batch) * int(length) > 0):
        raise SystemExit(f"Expected a shape as batch x length, such as 64x32. Received: {shape}.")
    return int(batch), int(length)


def batch_and_image(shape: str) -> tuple[int, int, int]:
    """The three numbers of, for example, 8x224/16."""
    found = re.fullmatch(r"(\d+)x(\d+)/(\d+)", shape)
    batch, size, patch = map(int, found.groups()) if found else (0, 0, 0)
    if not (batch and patch and size and size % patch == 0):
        raise SystemExit(
            "Expected a shape as batch x image size / patch size, such as 8x224/16, of which the "
            f"patch divides the image. Received: {shape}."
        )
    return batch, size, patch


def batch_and_seconds(shape: str) -> tuple[int, float]:
    """The two numbers of, for example, 8x2.5."""
    found = re.fullmatch(r"(\d+)x(\d+(?:\.\d+)?)", shape)
    batch, seconds = (int(found[1]), float(found[2])) if found else (0, 0.0)
    if not (batch and seconds):
        raise SystemExit(f"Expected a shape as batch x seconds, such as 8x2.5. Received: {shape}.")
    return batch, seconds
