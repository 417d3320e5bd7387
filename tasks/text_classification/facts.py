"""What a run has learned from its data besides weights and vocabulary."""

from dataclasses import dataclass, replace

from tasks.text_classification.labels import LabelSet


@dataclass(frozen=True)
class Facts:
    """Of one task.

    Args:
        name: of the task, and of its head if the run has several.
        labels: what may be said.
        num_segments: number of texts of an example.
        temperature: what logits are divided by, see `tasks.common.scores.best_temperature`.
        faithful: the methods of explanation that passed the test of deletion on the validation
            split; None if it has not been made.
    """

    name: str
    labels: LabelSet
    num_segments: int = 1
    temperature: float = 1.0
    faithful: tuple[str, ...] | None = None


@dataclass(frozen=True)
class RunFacts:
    """Of all tasks of a run.

    Args:
        tasks: the one that the run is for comes first.
    """

    tasks: tuple[Facts, ...]

    @property
    def main(self) -> Facts:
        """The task that the run is for."""
        return self.tasks[0]

    @property
    def num_segments(self) -> int:
        """What the encoder must tell apart."""
        return max(task.num_segments for task in self.tasks)

    def named(self, name: str | None) -> Facts:
        """A task by its name; without one the main task.

        Raises:
            ValueError: if there is none of that name.
        """
        by_name = {task.name: task for task in self.tasks}
        if name is None:
            return self.main
        if name not in by_name:
            raise ValueError(f"`task` must be one of {', '.join(by_name)}. Received: {name!r}.")
        return by_name[name]

    def with_task(self, facts: Facts) -> "RunFacts":
        """The same with new facts of the task of that name."""
        return replace(
            self, tasks=tuple(facts if one.name == facts.name else one for one in self.tasks)
        )

    def check(self, expected: "RunFacts", where: str) -> None:
        """Raise ValueError unless the labels are those that `where` was made with."""
        for one, other in zip(self.tasks, expected.tasks, strict=True):
            one.labels.check(other.labels, where)
