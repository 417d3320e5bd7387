import numpy as np
import pytest

from keras_attention.visualization import confusion_figure, figure_to_image


def test_rows_are_coloured_by_their_shares():
    figure = confusion_figure(np.array([[1, 0], [500, 500]]), ["rare", "frequent"])
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.images[0].get_array(), [[1, 0], [0.5, 0.5]])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["rare", "frequent"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("said", "right")
    assert figure_to_image(figure).ndim == 3


def test_many_classes_have_no_numbers_and_a_class_may_be_absent():
    figure = confusion_figure(np.zeros((150, 150), int), [f"class {i}" for i in range(150)])
    assert not figure.axes[0].texts
    assert np.isfinite(figure.axes[0].images[0].get_array()).all()


def test_names_that_do_not_fit():
    with pytest.raises(ValueError, match=r"shape \(2, 2\), 3 names"):
        confusion_figure(np.eye(2), ["a", "b", "c"])
