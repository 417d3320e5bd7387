import keras
import pytest

from keras_attention.export import export_text_model

pytestmark = pytest.mark.tensorflow

tf = pytest.importorskip("tensorflow")


@pytest.fixture
def model():
    return keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])


def function_of(model):
    def function(text):
        lengths = tf.cast(tf.strings.length(text), tf.float32)
        return tf.strings.as_string(model(lengths[:, None])[:, 0])

    return function


def test_strings_become_strings_for_any_batch_size(model, tmp_path):
    function = function_of(model)

    path = export_text_model(function, tmp_path / "new" / "model", model)

    loaded = tf.saved_model.load(path).signatures["serving_default"]
    for batch in (["a"], ["a", "bc", "def"], []):
        text = tf.constant(batch, tf.string)
        assert loaded(text=text)["text"].numpy().tolist() == function(text).numpy().tolist()


def test_the_weights_are_those_of_the_export(model, tmp_path):
    path = export_text_model(function_of(model), tmp_path / "model", model)
    loaded = tf.saved_model.load(path).signatures["serving_default"]
    before = loaded(text=tf.constant(["abc"]))["text"].numpy()

    model.set_weights([weight + 1 for weight in model.get_weights()])

    assert loaded(text=tf.constant(["abc"]))["text"].numpy() == before


def test_resources_are_saved(model, tmp_path):
    keys, values = tf.constant(["a", "b"]), tf.constant(["x", "y"])
    initializer = tf.lookup.KeyValueTensorInitializer(keys, values)
    table = tf.lookup.StaticHashTable(initializer, default_value="?")

    path = export_text_model(table.lookup, tmp_path / "model", model, [table])

    loaded = tf.saved_model.load(path).signatures["serving_default"]
    assert loaded(text=tf.constant(["b", "c"]))["text"].numpy().tolist() == [b"y", b"?"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_nothing_is_overwritten(model, tmp_path, kind):
    (tmp_path / "thesis.txt").write_text("years of work")
    path = tmp_path / "thesis.txt" if kind == "file" else tmp_path
    with pytest.raises(ValueError, match=r"exists and is not empty\. Give another folder"):
        export_text_model(function_of(model), path, model)
