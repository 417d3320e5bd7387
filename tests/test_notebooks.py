"""Each notebook runs from top to bottom; the committed one has the outputs of a real run."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(path.name for path in FOLDER.glob("*.ipynb"))

# Smaller values for a notebook's parameters cell, so that it runs in a minute or two.
SMALLER = {
    "translation.ipynb": {"training_pairs": 3000, "vocabulary_size": 1000, "epochs": 1},
    "text_classification.ipynb": {"training_texts": 2000, "epochs": 1, "explained": 10},
    "attention_mechanisms.ipynb": {"examples": 640, "epochs": 1, "every": 5, "pictures": "maps"},
    "language_model.ipynb": {"updates": 40, "parts": 2},
    "image_classification.ipynb": {"training_pictures": 2000, "epochs": 1, "explained": 20},
    "speech_recognition.ipynb": {"training_utterances": 200, "epochs": 1, "listened": 6},
}


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def pictures(notebook):
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    return [output for output in outputs if "image/png" in output.get("data", {})]


def test_every_notebook_is_run():
    assert NOTEBOOKS
    assert set(NOTEBOOKS) == set(SMALLER)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_committed_with_the_outputs_of_a_whole_run(name):
    notebook = nbformat.read(FOLDER / name, as_version=4)
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert pictures(notebook)
    assert len(notebook.cells) <= 26
    kinds = {output.output_type for cell in code_cells(notebook) for output in cell.outputs}
    assert "error" not in kinds


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_runs_from_top_to_bottom(name, tmp_path, monkeypatch):
    monkeypatch.delenv("MPLBACKEND")  # the suite's, which would show no figure in a notebook
    notebook = nbformat.read(FOLDER / name, as_version=4)
    expected = len(pictures(notebook))
    (place,) = [
        i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])
    ]
    for parameter, value in SMALLER[name].items():
        assert f"{parameter} = " in notebook.cells[place].source
        notebook.cells[place].source += f"\n{parameter} = {value!r}"
    client = NotebookClient(
        notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    assert len(pictures(notebook)) == expected
