"""The folder of a training run: its configuration, vocabulary, checkpoints, logs and outputs."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from keras_attention.training.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint
from tasks.common.characters import Characters
from tasks.common.config_json import differences, from_json, to_json
from tasks.common.files import write_atomically
from tasks.common.vocabulary import Vocabulary

Config = TypeVar("Config")
AnyVocabulary = TypeVar("AnyVocabulary", Vocabulary, Characters)


@dataclass(frozen=True)
class RunFolder:
    """Where everything of a run is.

    Args:
        path: the folder.
    """

    path: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.json"

    @property
    def vocabulary(self) -> Path:
        """The SentencePiece model, or the characters."""
        return self.path / "vocabulary.model"

    @property
    def facts(self) -> Path:
        """What the run has learned from its data besides weights and vocabulary."""
        return self.path / "facts.json"

    @property
    def checkpoints(self) -> Path:
        """What a run resumes from, and the best weights so far."""
        return self.path / "checkpoints"

    def weights(self, which: str) -> Path:
        """Weights: `"final"` (of a finished run, chosen on validation), `"best"`, `"last"`, or
        `"encoder"` (pre-trained, before anything else was learned)."""
        return self.checkpoints / f"{which}.npz"

    @property
    def _fingerprint(self) -> Path:
        """Lies beside the checkpoints: the vocabulary whose ids they mean."""
        return self.checkpoints / "vocabulary.sha256"

    @property
    def logs(self) -> Path:
        """What TensorBoard shows."""
        return self.path / "logs"

    @property
    def is_started(self) -> bool:
        """Whether a run has been started here."""
        return self.config.exists()

    def start(self, config: Any, may_change: Collection[str] = (), write: bool = True) -> bool:
        """Begin a run here, or make sure that `config` is the one that was begun.

        Args:
            config: the configuration, a dataclass.
            may_change: dotted names of the settings that may differ when a run is resumed.
            write: whether to keep `config`, or only to look.

        Returns:
            Whether there was a run to resume.

        Raises:
            ValueError: if the folder holds a run of another configuration, or something else.
        """
        resumed = self.is_started
        if resumed:
            changed = differences(self.load_config(type(config)), config)
            forbidden = {name: both for name, both in changed.items() if name not in may_change}
            if forbidden:
                lines = [
                    f"  {n}: {was!r} before, now {now!r}" for n, (was, now) in forbidden.items()
                ]
                raise ValueError(
                    f"{self.path} holds a run with other settings, which cannot be resumed:\n"
                    + "\n".join(lines)
                    + "\nGive the same settings, or another `--run-folder`."
                )
        elif self.path.exists() and any(self.path.iterdir()):
            raise ValueError(
                f"{self.path} is not empty and holds no run. Give another `--run-folder`."
            )
        if write:
            _write(self.config, config)
        return resumed

    def publish(self, path: Path) -> "RunFolder":
        """Copy what it takes to use a finished run, its weights in float16; or, of a run that only
        pre-trained, to begin another with its encoder.

        Args:
            path: a new folder, or one published before.

        Returns:
            The copy, a run folder as well, which can be used but not resumed.

        Raises:
            FileNotFoundError: if the run is not finished.
        """
        copy = RunFolder(path)
        is_encoder = self.weights("encoder").exists() and not self.weights("last").exists()
        which = "encoder" if is_encoder else "final"
        weights = read_checkpoint(self.weights(which)).weights
        write_checkpoint(copy.weights(which), Checkpoint(_halved(weights)))
        for one in (self.config, self.vocabulary, self._fingerprint, self.facts):
            if one == self.config or one.exists():  # not every task has the others
                write_atomically(copy.path / one.relative_to(self.path), one.read_bytes())
        return copy

    def load_config(self, cls: type[Config]) -> Config:
        """The configuration that the run was started with.

        Raises:
            FileNotFoundError: if there is no run here.
            ValueError: if the file is damaged.
        """
        if not self.is_started:
            raise FileNotFoundError(
                f"There is no run in {self.path}: {self.config.name} is missing. Train one, or "
                "give the folder that `train` printed."
            )
        return _read(self.config, cls)

    def save_facts(self, facts: Any) -> None:
        """Keep facts, a dataclass."""
        _write(self.facts, facts)

    def load_facts(self, cls: type[Config]) -> Config:
        """What `save_facts` kept.

        Raises:
            FileNotFoundError: if the run has none yet.
            ValueError: if the file is damaged.
        """
        if not self.facts.exists():
            raise FileNotFoundError(f"{self.facts} is missing: the run has only just begun.")
        return _read(self.facts, cls)

    def save_vocabulary(self, vocabulary: AnyVocabulary) -> None:
        """Keep the vocabulary, and with the checkpoints its fingerprint."""
        # In this order, so that whoever sees the vocabulary finds its fingerprint.
        write_atomically(self._fingerprint, f"{vocabulary.fingerprint}\n".encode())
        vocabulary.save(self.vocabulary)

    def load_vocabulary(self, cls: type[AnyVocabulary] = Vocabulary) -> AnyVocabulary:
        """The vocabulary of this run, of the class that was saved.

        Raises:
            FileNotFoundError: if the run has none yet.
            ValueError: if it is damaged, or another than the checkpoints were made with.
        """
        vocabulary = cls.load(self.vocabulary)
        if not self._fingerprint.exists():
            raise FileNotFoundError(
                f"{self._fingerprint} is missing, which says what vocabulary the checkpoints mean."
            )
        expected = self._fingerprint.read_text(encoding="utf-8").strip()
        vocabulary.check_fingerprint(expected, f"the checkpoints in {self.checkpoints}")
        return vocabulary


def _halved(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same in float16; counts as they are."""
    return {
        name: value.astype("float16") if value.dtype.kind == "f" else value
        for name, value in weights.items()
    }


def _write(path: Path, values: Any) -> None:
    text = json.dumps(to_json(values), indent=2, ensure_ascii=False)
    write_atomically(path, f"{text}\n".encode())


def _read(path: Path, cls: type[Config]) -> Config:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}.") from error
    return from_json(cls, values, str(path))
