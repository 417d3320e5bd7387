"""Who takes part, in which cases, and in which settings."""

from benchmarks.contestants import TENSORFLOW, Contestant, openmp_settings, threads_label
from benchmarks.measuring import Setting, cores


def contestants() -> tuple[Contestant, ...]:
    """All of them. XLA and graph are contestants of their own: both are worth a row."""
    return (
        _ours("ours (graph)"),
        # TensorFlow's kernel of CTC, by which we train, is none of XLA's.
        _ours("ours (XLA)", jit_compile=True, supports=lambda case: not case.trains),
        *(
            _ours(
                f"ours, streaming ({name})",
                jit_compile=jit_compile,
                streaming=True,
                supports=lambda case: case.task == "decode",
            )
            for name, jit_compile in (("graph", False), ("XLA", True))
        ),
        Contestant(
            "librosa",
            "librosa_features",
            (Setting(threads_label(cores())),),
            ("librosa",),
            supports=_makes_features,
        ),
        *(
            Contestant(
                f"PyTorch{suffix}",
                "torch_features",
                openmp_settings(compile=compiled),
                ("torch", "librosa"),
                supports=_makes_features,
            )
            for compiled, suffix in _COMPILED.items()
        ),
        *(
            Contestant(
                f"Hugging Face{suffix}",
                "hugging_face",
                openmp_settings(compile=compiled),
                ("torch", "transformers"),
                supports=lambda case: not _makes_features(case),
            )
            for compiled, suffix in _COMPILED.items()
        ),
    )


_COMPILED = {False: "", True: " (torch.compile)"}


def _ours(name, supports=lambda case: True, **options) -> Contestant:  # noqa: ARG005
    options = {"jit_compile": False, "streaming": False, **options}
    setting = Setting(threads_label(cores()), TENSORFLOW, options)
    return Contestant(name, "ours", (setting,), ("tensorflow", "keras"), supports=supports)


def _makes_features(case) -> bool:
    return case.task == "features"
