"""A recording in a padded batch is heard as alone; steps are the whole; both heads learn."""

import itertools

import keras
import numpy as np
import pytest

import keras_attention as ka
from keras_attention.models import speech_stream

draw = np.random.default_rng(0)
WAVEFORMS = draw.normal(0, 0.1, size=(2, 8_000)).astype("float32")
LENGTHS = np.array([8_000, 5_000])
TARGET_IDS = np.array([[2, 7, 5, 11], [2, 9, 3, 0]])
VOCABULARY = 13


def as_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def speech_encoder(kind="conformer", **arguments):
    sizes = dict(num_layers=2, d_model=16, num_heads=4, dff=32, dropout=0.0)
    attention = ka.Mechanism(position_scheme=ka.Rotary())
    causal = "chunk_length" in arguments
    encoder = (
        ka.ConformerEncoder(kernel_size=5, attention=attention, use_causal_padding=causal, **sizes)
        if kind == "conformer"
        else ka.Encoder(attention=attention, **sizes)
    )
    return ka.SpeechEncoder(
        encoder,
        ka.ConvolutionalSubsampling(16),
        ka.FrontEnd([ka.LogMelSpectrogram(20, 8_000), ka.UtteranceNormalization()]),
        dropout=0.0,
        **arguments,
    )


def text_decoder(kind):
    if kind == "recurrent":
        return ka.RecurrentTextDecoder(VOCABULARY, d_model=16, dropout=0.0)
    return ka.TextDecoder(VOCABULARY, num_layers=2, d_model=16, num_heads=4, dff=32, dropout=0.0)


def inputs(rows=slice(None), length=8_000):
    return {
        "audio": WAVEFORMS[rows, :length],
        "lengths": LENGTHS[rows],
        "target_ids": TARGET_IDS[rows],
    }


@pytest.mark.parametrize("kind", ["conformer", "transformer"])
@pytest.mark.parametrize("chunks", [{}, dict(chunk_length=4, left_chunks=1)], ids=["all", "chunks"])
def test_a_padded_recording_is_encoded_as_alone(kind, chunks):
    encoder = speech_encoder(kind, **chunks)
    x, mask = encoder(inputs())
    alone, own = encoder(inputs(slice(1, 2), 5_000))
    count = encoder.num_frames(5_000)
    assert as_numpy(mask).sum(axis=1).tolist() == [encoder.num_frames(8_000), count]
    assert as_numpy(own).all()
    assert alone.shape == (1, count, 16)
    np.testing.assert_allclose(as_numpy(x)[1, :count], as_numpy(alone)[0], atol=1e-4)


def test_a_chunk_does_not_hear_what_comes_after_it():
    encoder = speech_encoder(chunk_length=4)
    features = draw.normal(size=(1, 83, 20)).astype("float32")
    encoder.front_end = None
    changed = features.copy()
    changed[:, 40:] += 1.0
    before, after = (
        as_numpy(encoder({"audio": x, "lengths": np.array([83])})[0]) for x in (features, changed)
    )
    # Frame i has seen the features 4 i to 4 i + 6: up to 8 none that changed, so two whole chunks.
    np.testing.assert_allclose(before[:, :8], after[:, :8], atol=1e-5)
    assert np.abs(before[:, 8:] - after[:, 8:]).max() > 0.01


def test_the_past_is_bounded():
    encoder = speech_encoder("transformer", chunk_length=4, left_chunks=1)
    encoder.front_end = None
    features = draw.normal(size=(1, 83, 20)).astype("float32")
    changed = features.copy()
    changed[:, :16] += 1.0  # frames 0 to 3 have seen them: the first chunk
    before, after = (
        as_numpy(encoder({"audio": x, "lengths": np.array([83])})[0]) for x in (features, changed)
    )
    assert np.abs(before[:, 4:8] - after[:, 4:8]).max() > 1e-3
    # Two layers look two chunks back.
    np.testing.assert_allclose(before[:, 12:], after[:, 12:], atol=1e-5)


@pytest.mark.parametrize("kind", ["conformer", "transformer"])
@pytest.mark.parametrize("left_chunks", [0, 1, None])
def test_a_stream_is_encoded_as_the_whole(kind, left_chunks):
    encoder = speech_encoder(kind, chunk_length=4, left_chunks=left_chunks)
    encoder.front_end = ka.FrontEnd([ka.LogMelSpectrogram(20, 8_000), ka.SpecAugment()])
    whole, _ = encoder({"audio": WAVEFORMS, "lengths": np.array([8_000, 8_000])})
    stream = ka.SpeechStream(encoder)
    ends = [0, 150, 2_000, 2_001, 5_555, 8_000]
    pieces = [stream.feed(WAVEFORMS[:, a:b]) for a, b in itertools.pairwise(ends)]
    pieces = [piece for piece in (*pieces, stream.end()) if piece is not None]
    assert all(piece.shape[1] % 4 == 0 for piece in pieces[:-1])
    streamed = np.concatenate([as_numpy(piece) for piece in pieces], axis=1)
    np.testing.assert_allclose(streamed, as_numpy(whole), atol=1e-4)


def test_a_room_that_grows_loses_nothing(monkeypatch):
    monkeypatch.setattr(speech_stream, "_FIRST_CHUNKS", 1)
    encoder = speech_encoder(chunk_length=4, left_chunks=None)
    encoder.front_end = None
    features = draw.normal(size=(2, 99, 20)).astype("float32")
    whole, _ = encoder({"audio": features, "lengths": np.array([99, 99])})
    stream = ka.SpeechStream(encoder)
    for _ in range(2):  # two recordings, one after the other
        pieces = [stream.feed(features[:, :50]), stream.feed(features[:, 50:]), stream.end()]
        streamed = np.concatenate([as_numpy(piece) for piece in pieces if piece is not None], 1)
        np.testing.assert_allclose(streamed, as_numpy(whole), atol=1e-4)
    stream.feed(features)
    stream.restart()
    np.testing.assert_allclose(as_numpy(stream.feed(features)), as_numpy(whole), atol=1e-4)


def test_features_are_streamed_as_well():
    encoder = speech_encoder(chunk_length=4, left_chunks=1)
    encoder.front_end = None
    features = draw.normal(size=(1, 83, 20)).astype("float32")
    whole, _ = encoder({"audio": features, "lengths": np.array([83])})
    stream = ka.SpeechStream(encoder)
    pieces = [stream.feed(features[:, i : i + 9]) for i in range(0, 83, 9)] + [stream.end()]
    streamed = np.concatenate([as_numpy(piece) for piece in pieces if piece is not None], axis=1)
    np.testing.assert_allclose(streamed, as_numpy(whole), atol=1e-4)


def test_what_needs_the_whole_utterance_is_not_streamed():
    with pytest.raises(ValueError, match="make the encoder with `chunk_length`"):
        ka.SpeechStream(speech_encoder())
    with pytest.raises(ValueError, match="Received: UtteranceNormalization"):
        ka.SpeechStream(speech_encoder(chunk_length=4))


def test_convolutions_that_look_ahead_are_refused_in_chunks():
    encoder = ka.ConformerEncoder(num_layers=1, d_model=16, num_heads=4, dff=32)
    with pytest.raises(ValueError, match="use_causal_padding=True"):
        ka.SpeechEncoder(encoder, ka.ConvolutionalSubsampling(16), chunk_length=4)
    with pytest.raises(ValueError, match="counts chunks"):
        ka.SpeechEncoder(encoder, ka.ConvolutionalSubsampling(16), left_chunks=1)


def test_ctc_is_that_of_each_recording_alone():
    model = ka.SpeechRecognizer(speech_encoder(), VOCABULARY)
    labels = np.array([[7, 5, 11, 0], [9, 3, 3, 9]])
    logits = model({name: x for name, x in inputs().items() if name != "target_ids"})["ctc"]
    alone = as_numpy(keras.ops.log_softmax(model(inputs(slice(1, 2), 5_000))["ctc"]))[0]
    losses = as_numpy(keras.losses.CTC(reduction=None)(labels, logits))
    # Keras' own recursion knows no -infinity.
    assert losses[1] == pytest.approx(-ka.ctc_log_probability(alone, [9, 3, 3, 9]), rel=1e-3)


@pytest.mark.parametrize("kind", ["transformer", "recurrent"])
def test_steps_say_what_the_whole_says(kind):
    model = ka.SpeechRecognizer(speech_encoder(), VOCABULARY, text_decoder(kind))
    whole = as_numpy(model(inputs())["attention"])
    encoded, mask = model.encode(inputs())
    cache = model.make_cache(encoded, mask, max_length=4)
    for i in range(4):
        lineage = ka.Lineage(
            index=i,
            parents=np.zeros((2, 1), "int32"),
            ancestors=np.broadcast_to(np.arange(4) <= i, (2, 1, 4)),
        )
        logits, cache = model.step(TARGET_IDS[:, i : i + 1], cache, lineage)
        np.testing.assert_allclose(as_numpy(logits)[:, 0], whole[:, i], atol=1e-4)


@pytest.mark.parametrize("kind", ["transformer", "recurrent"])
def test_attention_is_a_distribution_over_real_frames(kind):
    model = ka.SpeechRecognizer(speech_encoder(), VOCABULARY, text_decoder(kind))
    weights = as_numpy(model.cross_attention(inputs()))
    count = model.encoder.num_frames(5_000)
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, atol=1e-5)
    assert not weights[1, ..., count:].any()


def test_another_vocabulary_is_refused():
    with pytest.raises(ValueError, match="same vocabulary"):
        ka.SpeechRecognizer(speech_encoder(), VOCABULARY + 1, text_decoder("transformer"))


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("kind", ["transformer", "recurrent"])
def test_learns_what_is_said(kind):
    """Tones: which one comes when."""
    tones, said = recordings(96)
    model = ka.SpeechRecognizer(speech_encoder(), VOCABULARY, text_decoder(kind))
    model.compile(
        keras.optimizers.Adam(4e-3),
        {"ctc": ka.CTCLoss(), "attention": ka.MaskedCrossEntropy()},
        loss_weights={"ctc": 0.3, "attention": 0.7},
    )
    x = {
        "audio": tones,
        "lengths": np.full(len(tones), tones.shape[1]),
        "target_ids": np.pad(said[:, :-1], [(0, 0), (1, 0)], constant_values=2),
    }
    labels = {"ctc": np.where(said == 1, 0, said), "attention": said}
    model.fit(x, labels, batch_size=16, epochs=30, verbose=0)
    tones, said = recordings(32, seed=1)
    x = {name: values[:32] for name, values in x.items()} | {"audio": tones}
    ctc = as_numpy(keras.ops.log_softmax(model(x)["ctc"]))
    found = [ka.ctc_greedy(one).token_ids for one in ctc]
    assert np.mean([one == (*row[row > 1],) for one, row in zip(found, said, strict=True)]) > 0.8


def recordings(count, seed=0):
    """Three tones each, and their ids; 1 is the end."""
    chance = np.random.default_rng(seed)
    said = chance.integers(3, 8, size=(count, 3))
    times = np.arange(1_600) / 8_000
    waves = 0.3 * np.sin(2 * np.pi * 300.0 * said[..., None] * times)
    waves = waves + chance.normal(0, 0.01, waves.shape)
    return waves.reshape(count, -1).astype("float32"), np.pad(
        said, [(0, 0), (0, 1)], constant_values=1
    )
