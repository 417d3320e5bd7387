"""What a model looks at: gradients against differences, maps against what is known of them."""

from functools import lru_cache

import keras
import numpy as np
import pytest

import keras_attention as ka
from keras_attention.visualization.gradient_rollout import gradient_rollout
from tasks.image_classification.explanations import METHODS, Explainer

pytestmark = pytest.mark.tensorflow

SHAPE = (6, 9, 3)
GRID = (2, 3)
IMAGES = np.random.default_rng(5).uniform(0, 255, (2, *SHAPE)).astype("float32")
CLASSES = np.array([3, 1])


@keras.saving.register_keras_serializable("tests")
class Changed(ka.Normalizer):
    """The softmax, and something that a test adds to its weights."""

    def build(self, scores_shape):
        self.change = self.add_weight(shape=scores_shape[1:], initializer="zeros", trainable=False)

    def call(self, scores, attention_mask=None, previous=None, training=None):
        return ka.ops.softmax_weights(scores, attention_mask) + self.change


def make(num_prefix=1, pooling=None, dtype=None, **arguments):
    """A small model that takes pixels from 0 to 255, with weights that make differences."""
    encoder = ka.ImageEncoder(
        ka.Patches(12, patch_size=3, dtype=dtype),
        SHAPE,
        num_layers=2,
        num_heads=3,
        dff=17,
        num_prefix=num_prefix,
        rescaling=keras.layers.Rescaling(1 / 127.5, -1.0),
        dtype=dtype,
        **arguments,
    )
    head = ka.SequenceHead(5, pooling or ka.FirstTokenPooling(dtype=dtype), dtype=dtype)
    model = ka.VisionTransformer(encoder, head, dtype=dtype)
    for weight in model.trainable_variables:
        weight.assign_add(keras.random.normal(weight.shape, stddev=0.3))
    return model


def vit():
    return make()


def deit():
    """Two tokens, and the mean of what is said of both."""
    one = make(2)
    heads = {"label": one.head, "distilled": ka.SequenceHead(5, ka.TokenPooling(1))}
    model = ka.DistilledVisionTransformer(one.encoder, heads)
    for weight in heads["distilled"].trainable_variables:
        weight.assign_add(keras.random.normal(weight.shape, stddev=0.3))
    return model


def with_registers():
    """Three learned tokens, none of which is pooled."""
    return make(3, ka.MeanPooling())


def cait():
    pooling = ka.ClassAttentionPooling(2, 12, num_heads=3, dff=17)
    return make(0, pooling, attention=ka.Mechanism(normalizer=ka.TalkingHeads()))


def swin():
    windows = [ka.Mechanism(pattern=ka.GridWindow(2, shift)) for shift in (0, 1)]
    return make(0, ka.MeanPooling(), position_scheme=ka.RelativeBias2D(window=2), attention=windows)


def pooled_by_attention():
    return make(1, ka.AttentionPooling(num_heads=3), normalization="post")


def cct():
    rescaling = keras.layers.Rescaling(1 / 127.5, -1.0)
    return ka.CompactConvolutionalTransformer(
        5, SHAPE, d_model=12, num_layers=2, num_heads=3, dff=17, rescaling=rescaling
    )


KINDS = {f.__name__: f for f in (vit, deit, with_registers, cait, swin, pooled_by_attention, cct)}
LEARNED = ("cait", "pooled_by_attention", "cct")  # shares of the pooling
FAST = ("vit", "cct")
every_kind = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name not in FAST)) for name in KINDS]
)


@pytest.fixture(scope="module")
def explained():
    """A function from the name of a kind to a model and its explainer."""

    @lru_cache
    def of_kind(name):
        keras.utils.set_random_seed(1729)
        model = KINDS[name]()
        return model, Explainer(model)

    return of_kind


@pytest.mark.parametrize(
    "make_model",
    [
        lambda normalizer: make(attention=ka.Mechanism(normalizer=normalizer)),
        lambda normalizer: make(
            2, ka.SequencePooling(), attention=ka.Mechanism(normalizer=normalizer)
        ),
    ],
    ids=["class token", "sequence pooling"],
)
def test_gradients_are_what_the_logit_grows_by(make_model):
    """Against a difference quotient of the model's own logits, in directions drawn at random."""
    model = make_model(Changed())
    weights, gradients = Explainer(model).weights_and_gradients(IMAGES, CLASSES)
    np.testing.assert_allclose(weights, model.attention_scores(IMAGES), atol=1e-6)
    draw, step = np.random.default_rng(7), 1e-3
    for number, layer in enumerate(model.encoder.encoder.layers):
        change = layer.self_attention.normalizer.change
        for _ in range(4):
            direction = draw.normal(size=change.shape)
            logits = []
            for sign in (1, -1):
                change.assign(sign * step * direction)
                logits.append(model(IMAGES).numpy()[np.arange(2), CLASSES])
            change.assign(np.zeros(change.shape))
            expected = (logits[0] - logits[1]) / (2 * step)
            found = (gradients[:, number] * direction).sum(axis=(1, 2, 3))
            np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


@every_kind
def test_every_method_of_every_kind_gives_a_number_for_each_patch(explained, name):
    model, explainer = explained(name)
    assert explainer.methods == tuple(m for m in METHODS if m != METHODS[2] or name in LEARNED)
    for method in explainer.methods:
        maps = explainer.maps(IMAGES, method)
        assert maps.shape == (2, *model.encoder.grid)
        assert np.isfinite(maps).all()
        assert np.ptp(maps[0]) > 0
        assert np.abs(maps[0] - maps[1]).max() > 0


@every_kind
def test_by_default_the_class_that_the_model_says_is_explained(explained, name):
    model, explainer = explained(name)
    said = model(IMAGES).numpy().argmax(axis=-1)
    maps = explainer.maps(IMAGES, "gradient_rollout")
    np.testing.assert_allclose(maps, explainer.maps(IMAGES, "gradient_rollout", said), rtol=1e-5)
    others = explainer.maps(IMAGES, "gradient_rollout", (said + 1) % 5)
    assert np.abs(maps - others).max() > 1e-6


def test_a_class_token_is_a_row_of_the_weights(explained):
    model, explainer = explained("vit")
    weights = np.asarray(model.attention_scores(IMAGES))
    expected = weights[:, -1, :, 0, 1:].mean(axis=1).reshape(2, *GRID)
    np.testing.assert_allclose(explainer.maps(IMAGES, "attention"), expected, atol=1e-6)
    expected = ka.attention_rollout(weights)[:, 0, 1:].reshape(2, *GRID)
    np.testing.assert_allclose(explainer.maps(IMAGES, "rollout"), expected, atol=1e-6)
    pairs = explainer.weights_and_gradients(IMAGES, CLASSES)
    expected = gradient_rollout(*pairs)[:, 0, 1:].reshape(2, *GRID)
    found = explainer.maps(IMAGES, "gradient_rollout", CLASSES)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_without_a_class_token_the_shares_of_the_pooling_count(explained):
    model, explainer = explained("cct")
    weights = np.asarray(model.attention_scores(IMAGES))[:, -1].mean(axis=1)
    shares = np.asarray(model.pooling_shares(IMAGES))
    expected = np.einsum("bi,bij->bj", shares, weights).reshape(2, *model.encoder.grid)
    np.testing.assert_allclose(explainer.maps(IMAGES, "attention"), expected, atol=1e-6)
    expected = shares.reshape(2, *model.encoder.grid)
    np.testing.assert_allclose(explainer.maps(IMAGES, "class_attention"), expected, atol=1e-6)


@pytest.mark.slow
def test_registers_are_no_part_of_the_picture(explained):
    model, explainer = explained("with_registers")
    weights = np.asarray(model.attention_scores(IMAGES))
    # What the six patches attend to, on average, without the three registers.
    expected = weights[:, -1, :, 3:, 3:].mean(axis=(1, 2)).reshape(2, *GRID)
    np.testing.assert_allclose(explainer.maps(IMAGES, "attention"), expected, atol=1e-6)


def test_layers_and_heads_are_those_of_the_class_token(explained):
    model, explainer = explained("vit")
    maps, titles = explainer.layers_and_heads(IMAGES[1])
    weights = np.asarray(model.attention_scores(IMAGES))[1, :, :, 0, 1:].reshape(2, 3, *GRID)
    np.testing.assert_allclose(maps[:2], weights.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(maps[2:], weights[-1], atol=1e-6)
    assert titles[1:3] == ["layer 2, mean of heads", "layer 2, head 1"]


def test_many_pictures_are_explained_as_each_alone(explained):
    _, explainer = explained("vit")
    images = np.random.default_rng(3).uniform(0, 255, (19, *SHAPE)).astype("float32")
    classes = np.arange(19) % 5
    maps = explainer.maps(images, "gradient_rollout", classes)
    alone = explainer.maps(images[17:18], "gradient_rollout", classes[17:18])
    np.testing.assert_allclose(maps[17:18], alone, rtol=1e-4, atol=1e-6)


def test_it_explains_the_weights_of_the_time_of_the_call_frozen_or_not(explained):
    model, explainer = explained("vit")
    keras.utils.set_random_seed(2)
    other = make()
    other.trainable = False
    of_other = Explainer(other)
    expected = explainer.maps(IMAGES, "gradient_rollout", CLASSES)
    before = of_other.maps(IMAGES, "gradient_rollout", CLASSES)
    other.set_weights(model.get_weights())
    after = of_other.maps(IMAGES, "gradient_rollout", CLASSES)
    assert np.abs(before - expected).max() > 1e-3
    np.testing.assert_allclose(after, expected, rtol=1e-5)


def test_a_model_of_mixed_precision_is_explained_in_float32(explained):
    model, explainer = explained("vit")
    mixed = make(dtype="mixed_bfloat16")
    mixed.set_weights(model.get_weights())
    of_mixed = Explainer(mixed)
    for method in explainer.methods:
        expected, found = (one.maps(IMAGES, method, CLASSES) for one in (explainer, of_mixed))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert mixed(IMAGES).dtype == "bfloat16"  # the model itself stays as it was
    policies = {layer.dtype_policy.name for layer in mixed.encoder.encoder.layers}
    assert policies == {"mixed_bfloat16"}


def test_weights_that_are_not_in_float32_are_refused():
    with pytest.raises(ValueError, match="must be float32 or a mixed one. Received: bfloat16"):
        Explainer(make(dtype="bfloat16"))


def test_a_model_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="Only a model with an `ImageEncoder`.*encoder=None"):
        Explainer(keras.Sequential([keras.layers.Dense(2)]))
    encoder = make().encoder
    heads = {"label": ka.SequenceHead(4), "distilled": ka.SequenceHead(4)}
    with pytest.raises(ValueError, match="one `SequenceHead`.*head={'label'"):
        Explainer(ka.VisionTransformer(encoder, heads))


def test_what_does_not_fit_is_refused(explained):
    _, explainer = explained("vit")
    with pytest.raises(ValueError, match="one of attention, rollout, gradient_rollout for.*'class"):
        explainer.maps(IMAGES, "class_attention")
    with pytest.raises(ValueError, match=r"shape \(6, 9, 3\).*Received: shape \(6, 9, 3\)"):
        explainer.maps(IMAGES[0], "attention")
    with pytest.raises(ValueError, match=r"Received: shape \(1, 6, 8, 3\)"):
        explainer.layers_and_heads(IMAGES[0, :, 1:])
    with pytest.raises(ValueError, match=r"from 0 to 4 for each of 2 .*classes=\[1, 5\]"):
        explainer.maps(IMAGES, "gradient_rollout", np.array([1, 5]))
    with pytest.raises(ValueError, match=r"each of 2 pictures. Received: classes=\[1\]"):
        explainer.maps(IMAGES, "gradient_rollout", np.array([1]))


def bright(places, labels):
    """Dark pictures of 4 x 4 patches, of which those at `places` are bright, in the colours
    `labels`; 3 is none."""
    images = np.random.default_rng(11).uniform(0, 60, (len(places), 12, 12, 3))
    for image, one_place, one_label in zip(images, places, labels, strict=True):
        for place, label in zip(one_place, one_label, strict=True):
            row, column = 3 * (place // 4), 3 * (place % 4)
            image[row : row + 3, column : column + 3, label : label + 1] = 255.0
    return images.astype("float32")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("num_prefix", "pooling"),
    [(1, ka.FirstTokenPooling), (0, ka.SequencePooling)],
    ids=["class token", "sequence pooling"],
)
def test_a_model_that_must_look_at_a_patch_is_seen_to_look_there(num_prefix, pooling):
    """The class is the colour of the bright patch; of two, each speaks for its own class.

    A class of pictures without one keeps the model from knowing a colour by its absence.
    """
    draw = np.random.default_rng(7)
    encoder = ka.ImageEncoder(
        ka.Patches(16, patch_size=3),
        (12, 12, 3),
        num_layers=1,  # or else the first may carry what the patch says to all others
        num_heads=2,
        dff=32,
        num_prefix=num_prefix,
        rescaling=keras.layers.Rescaling(1 / 127.5, -1.0),
    )
    model = ka.VisionTransformer(encoder, ka.SequenceHead(4, pooling()))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
    places, labels = draw.integers(0, 16, (600, 1)), np.arange(600)[:, None] % 4
    images = bright(places, labels)
    model.fit(images, labels, batch_size=50, epochs=12, verbose=0)
    assert model.evaluate(images, labels, verbose=0)[1] > 0.98

    explainer = Explainer(model)
    colored = np.flatnonzero(labels[:, 0] < 3)[:64]
    for method in ("attention", "rollout"):
        found = explainer.maps(images[colored], method).reshape(64, 16).argmax(axis=-1)
        assert (found == places[colored, 0]).mean() > 0.95, method

    places = np.stack([draw.permutation(16)[:2] for _ in range(64)])
    labels = np.stack([draw.permutation(3)[:2] for _ in range(64)])
    images = bright(places, labels)
    for number in (0, 1):  # by chance, 1 of 16; of attention that knows no class, about half
        maps = explainer.maps(images, "gradient_rollout", labels[:, number])
        assert (maps.reshape(64, 16).argmax(axis=-1) == places[:, number]).mean() > 0.7
