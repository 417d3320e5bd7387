"""The same features on PyTorch, by `torch.stft` and a product with librosa's filters.

Options: `threads`; `compile`, whether by `torch.compile`.
"""

import librosa
import numpy as np
import torch

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


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    torch.set_num_threads(options["threads"])
    torch.compiler.reset()  # what was compiled for the case before must not serve this one
    waveforms, window = workload.waveforms(case), torch.hann_window(FRAME)
    filters = librosa.filters.mel(sr=SAMPLING_RATE, n_fft=FRAME, n_mels=NUM_MELS, fmin=LOWEST)
    filters = torch.from_numpy(filters)

    def features_of(waveforms: torch.Tensor) -> torch.Tensor:
        spectrum = torch.stft(
            waveforms, FRAME, HOP, window=window, center=False, return_complex=True
        )
        power = torch.view_as_real(spectrum).square().sum(dim=-1)
        return (filters @ power).clamp(min=1e-10).log().transpose(-1, -2)

    if options["compile"]:
        features_of = torch.compile(features_of, dynamic=False)

    @torch.inference_mode()
    def features() -> np.ndarray:
        return features_of(torch.from_numpy(waveforms)).numpy()

    return Work(lambda: proof.of_features(features()), features, case.units)
