import logging

import numpy as np
import pytest

from keras_attention import visualization
from keras_attention.visualization import fonts


def labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_the_map_has_the_tokens_on_both_axes_and_the_weights_in_its_cells():
    weights = np.arange(15, dtype="float32").reshape(3, 5) / 15
    source, target = ["the", "red", "house"], ["la", "casa"]

    figure = visualization.attention_figure(weights, source, target, title="layer 1")

    (axes,) = figure.axes
    assert labels(axes.xaxis) == source
    assert labels(axes.yaxis) == target
    assert axes.get_title() == "layer 1"
    # What lies beyond the tokens is padding.
    np.testing.assert_array_equal(axes.images[0].get_array(), weights[:2, :3])
    assert axes.images[0].get_clim() == (0.0, 1.0)


def test_a_grid_has_one_map_per_title():
    figure = visualization.attention_grid(
        np.zeros((5, 2, 3)), list("abc"), list("xy"), [f"head {i}" for i in range(5)], columns=3
    )

    assert [axes.get_title() for axes in figure.axes] == [f"head {i}" for i in range(5)]
    assert figure.axes[0].get_gridspec().get_geometry() == (2, 3)


def test_layers_and_heads_are_the_means_and_the_last_layers_heads():
    weights = np.random.default_rng(5).random((2, 3, 5, 7))

    maps, titles = visualization.layers_and_heads(weights)

    np.testing.assert_allclose(maps[:2], weights.mean(axis=1))
    np.testing.assert_array_equal(maps[2:], weights[1])
    assert titles[1:3] == ["layer 2, mean of heads", "layer 2, head 1"]


@pytest.mark.parametrize(
    ("weights", "titles"),
    [
        (np.zeros((1, 1, 3)), None),
        (np.zeros((1, 2, 2)), None),
        (np.zeros((2, 3)), None),
        (np.zeros((0, 2, 3)), None),
        (np.zeros((2, 2, 3)), ["only one"]),
    ],
)
def test_weights_that_do_not_fit_the_tokens_are_refused(weights, titles):
    with pytest.raises(ValueError, match="a row and a column for each token"):
        visualization.attention_grid(weights, list("abc"), list("xy"), titles)


def test_no_tokens_are_refused():
    with pytest.raises(ValueError, match="0 source tokens"):
        visualization.attention_figure(np.zeros((2, 3)), [], list("xy"))


def test_an_image_has_dark_pixels_where_the_weights_are():
    dark = visualization.figure_to_image(
        visualization.attention_figure(np.ones((3, 3)), list("abc"), list("xyz"))
    )
    light = visualization.figure_to_image(
        visualization.attention_figure(np.zeros((3, 3)), list("abc"), list("xyz"))
    )

    assert dark.dtype == np.uint8
    assert dark.shape == light.shape
    assert dark.mean() < light.mean() - 20


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_figures_are_written_to_files(tmp_path, ending):
    figure = visualization.attention_figure(np.eye(2), ["a", "b"], ["x", "y"])

    path = visualization.save_figure(figure, tmp_path / "new" / f"map.{ending}")

    assert path.stat().st_size > 1000


def test_an_unknown_ending_is_refused(tmp_path):
    figure = visualization.attention_figure(np.eye(2), ["a", "b"], ["x", "y"])
    with pytest.raises(ValueError, match=r"must end in one of .*\.png.*Received: .*map\.txt"):
        visualization.save_figure(figure, tmp_path / "map.txt")


def test_characters_without_a_font_are_boxes_and_one_warning(caplog):
    private = "\ue123"  # of the private use area: no font has it
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            figure = visualization.attention_figure(np.eye(1), [private], ["x"])
            visualization.figure_to_image(figure)

    assert [record.name for record in caplog.records].count(fonts.__name__) == 1
    assert "No installed font has the characters" in caplog.text


def test_a_font_that_has_the_characters_is_found(monkeypatch):
    monkeypatch.setattr(
        fonts, "_characters", {fonts.DEFAULT: set("ab"), "SimHei": set("红房子")}.get
    )
    monkeypatch.setattr(fonts, "_WIDE", ("SimHei",))

    assert fonts.families_for(["ab"]) == [fonts.DEFAULT]
    assert fonts.families_for(["a红", "房 子"]) == [fonts.DEFAULT, "SimHei"]
