"""What shows that the work was right."""

from typing import Any

import numpy as np


def of_features(features: np.ndarray) -> dict[str, Any]:
    """Some of the features, `[batch, frames, mels]`; no weights."""
    return {"values": features[:, :: max(features.shape[1] // 10, 1), ::16].ravel().tolist()}


def of_weights(count: int) -> dict[str, Any]:
    """How many weights the model has; what it computes depends on them, which are not shared."""
    return {"parameters": int(count)}
