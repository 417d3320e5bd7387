"""Examples as a `tf.data` pipeline: tokenised in the graph, batched by length."""

from tasks.text_classification.batches import (
    Batching,
    EncodedExamples,
    make_dataset,
)
from tasks.text_classification.corpora import (
    AgNews,
    Builtin,
    Clinc150,
    Corpus,
    Imdb,
    Sst2,
    Table,
    label_kind,
    load_examples,
)
from tasks.text_classification.examples import Example, Splits, columns
from tasks.text_classification.labels import LabelSet
from tasks.text_classification.text import ClassifierText

__all__ = [
    "AgNews",
    "Batching",
    "Builtin",
    "ClassifierText",
    "Clinc150",
    "Corpus",
    "EncodedExamples",
    "Example",
    "Imdb",
    "LabelSet",
    "Splits",
    "Sst2",
    "Table",
    "columns",
    "label_kind",
    "load_examples",
    "make_dataset",
]
