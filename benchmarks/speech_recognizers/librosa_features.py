"""librosa's features. No options."""

import librosa
import numpy as np

from benchmarks.measuring import Work
from benchmarks.speech_recognizers import proof
from benchmarks.speech_recognizers.workload import (
    FRAME,
    HOP,
    LOWEST,
    NUM_MELS,
    SAMPLING_RATE,
    Case,
    Workload,
)


def prepare(case: Case, workload: Workload, options: dict) -> Work:  # noqa: ARG001
    waveforms = workload.waveforms(case)

    def features() -> np.ndarray:
        power = librosa.feature.melspectrogram(
            y=waveforms,
            sr=SAMPLING_RATE,
            n_fft=FRAME,
            hop_length=HOP,
            center=False,
            n_mels=NUM_MELS,
            fmin=LOWEST,
        )
        return np.log(np.maximum(power, 1e-10)).swapaxes(-1, -2)

    return Work(lambda: proof.of_features(features()), features, case.units)
