"""Writes what TensorFlow Addons 0.23 computes, for the tests to compare ours with.

It runs where TensorFlow Addons does (Python 3.11, TensorFlow 2.15), so it imports nothing of ours:

    make addons-reference    # makes .venv-addons and in it reference.npz
    make test-addons         # the same, and the tests that compare with it
    cp .venv-addons/reference.npz tests/interop/addons_reference.npz

The file holds arrays `<case>/<role>/<name>`, the role being `inputs`, `weights` or `outputs`; as
`cases` a JSON text with the class and the settings of each case; and as `names` what TensorFlow
Addons has for attention. Weights have the names that it gives them. `addons.py` reads the file.
"""

import inspect
import json
import sys

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa

BATCH, K_LEN, MEMORY, UNITS, STEPS, VOCABULARY = 2, 7, 11, 5, 3, 13
LENGTHS = np.array([7, 4], "int32")
START_TOKEN, END_TOKEN, BEAMS, MAX_LENGTH = 1, 3, 4, 9

tf.get_logger().setLevel("CRITICAL")  # it complains of states that are thrown away
random = np.random.RandomState(1729)
cases, arrays = {}, {}


def normal(*shape, scale=1.0):
    return (scale * random.normal(size=shape)).astype("float32")


def record(case, role, **values):
    for name, value in values.items():
        arrays[f"{case}/{role}/{name}"] = np.asarray(value)


def describe(thing):
    """The class and the configuration of a layer, in what JSON has."""
    config = json.dumps(thing.get_config(), default=lambda value: np.asarray(value).tolist())
    return {"class_name": type(thing).__name__, "config": json.loads(config)}


def draw_weights(case, layer):
    for weight in layer.weights:
        weight.assign(normal(*weight.shape, scale=0.7))
        record(case, "weights", **{weight.name: weight})


def multi_head_attention(case, mask=None, **arguments):
    layer = tfa.layers.MultiHeadAttention(return_attn_coef=True, **arguments)
    inputs = dict(query=normal(BATCH, STEPS, 11), key=normal(BATCH, K_LEN, 13))
    inputs["value"] = normal(BATCH, K_LEN, 17)
    layer(list(inputs.values()))  # makes the weights
    draw_weights(case, layer)
    output, weights = layer(list(inputs.values()), mask=mask)
    cases[case] = describe(layer)
    record(case, "inputs", **inputs, **({} if mask is None else {"mask": mask}))
    record(case, "outputs", output=output, weights=weights)


def mechanism(case, class_name, lengths=LENGTHS, **arguments):
    """An attention mechanism step by step, each step given the alignments of the one before."""
    layer = getattr(tfa.seq2seq, class_name)(UNITS, **arguments)
    query_size = 3 if class_name.startswith("Bahdanau") else UNITS
    memory, queries = normal(BATCH, K_LEN, MEMORY), normal(BATCH, STEPS, query_size)
    layer.setup_memory(memory, lengths)
    state = layer.initial_state(BATCH, tf.float32)
    layer([tf.constant(queries[:, 0]), state])  # makes the weights
    draw_weights(case, layer)
    layer.setup_memory(memory, lengths)  # projects the memory with the new weights
    alignments = []
    for i in range(STEPS):
        alignment, state = layer([tf.constant(queries[:, i]), state])
        alignments.append(alignment)
    alignments = np.stack(alignments, axis=1)
    cases[case] = describe(layer)
    record(case, "inputs", memory=memory, queries=queries)
    if lengths is not None:
        record(case, "inputs", lengths=lengths)
    record(case, "outputs", alignments=alignments, context=alignments @ layer.values)


class Wrapper:
    """An AttentionWrapper with random weights that begins from a random state of its cell.

    Weights of the cell are recorded as case `<case>/cell`, of the mechanisms as
    `<case>/mechanism_<i>`, of the attention layers as `<case>/attention_layer_<i>`.
    """

    def __init__(self, case, cell, mechanisms, **arguments):
        self.mechanisms = mechanisms
        self.memory = normal(BATCH, K_LEN, MEMORY)
        self.cell_state = [normal(BATCH, UNITS) for _ in tf.nest.flatten(cell.state_size)]
        self.many = len(mechanisms) > 1
        self.layer = tfa.seq2seq.AttentionWrapper(
            cell, mechanisms if self.many else mechanisms[0], **arguments
        )
        self.layer(tf.zeros((BATCH, UNITS)), self.state())  # makes the weights
        draw_weights(f"{case}/cell", cell)
        for i, part in enumerate(mechanisms):
            draw_weights(f"{case}/mechanism_{i}", part)
        for i, part in enumerate(self.layer._attention_layers or []):
            draw_weights(f"{case}/attention_layer_{i}", part)
        self.description = {
            "class_name": "AttentionWrapper",
            "config": {
                "cell": describe(cell),
                "mechanisms": [describe(part) for part in mechanisms],
                **arguments,
            },
        }
        record(case, "inputs", memory=self.memory, lengths=LENGTHS)
        record(case, "inputs", **{f"cell_state_{i}": s for i, s in enumerate(self.cell_state)})

    def state(self, beams=1):
        """The state before the first step, the memory set up, all for so many beams."""
        memory, lengths, cell_state = tfa.seq2seq.tile_batch(
            (self.memory, LENGTHS, self.cell_state), beams
        )
        for part in self.mechanisms:
            part.setup_memory(memory, lengths)
        state = self.layer.get_initial_state(batch_size=BATCH * beams, dtype=tf.float32)
        return state.clone(
            cell_state=tf.nest.pack_sequence_as(state.cell_state, tf.nest.flatten(cell_state))
        )


def wrapper(case, cell, *mechanisms, **arguments):
    wrapped = Wrapper(case, cell, list(mechanisms), **arguments)
    inputs = normal(BATCH, STEPS, UNITS)
    state, steps = wrapped.state(), []
    for i in range(STEPS):
        output, state = wrapped.layer(tf.constant(inputs[:, i]), state)
        alignments = state.alignments if wrapped.many else [state.alignments]
        steps.append((output, state.attention, np.stack(alignments, axis=1)))
    output, attention, alignments = (
        np.stack(values, axis=1) for values in zip(*steps, strict=True)
    )
    cases[case] = wrapped.description
    record(case, "inputs", inputs=inputs)
    # `alignments` is [batch, steps, mechanisms, k_len].
    record(case, "outputs", output=output, attention=attention, alignments=alignments)
    states = tf.nest.flatten(state.cell_state)
    record(case, "outputs", **{f"cell_state_{i}": s for i, s in enumerate(states)})


def decoders(case):
    """One cell, embedding and output layer under every decoder."""
    wrapped = Wrapper(
        case,
        tf.keras.layers.LSTMCell(UNITS),
        [tfa.seq2seq.LuongAttention(UNITS, scale=True)],
        attention_layer_size=5,
        alignment_history=True,
    )
    embedding = normal(VOCABULARY, UNITS)
    output_layer = tf.keras.layers.Dense(VOCABULARY, name="output_layer")
    output_layer.build((None, 5))
    # An end that is likely, so that hypotheses of many lengths compete.
    output_layer.bias.assign(1.5 * tf.one_hot(END_TOKEN, VOCABULARY))
    output_layer.kernel.assign(normal(*output_layer.kernel.shape, scale=0.7))
    weights = {weight.name: weight for weight in output_layer.weights}
    record(f"{case}/output_layer", "weights", **weights)
    start_tokens = tf.fill([BATCH], START_TOKEN)
    cases[case] = wrapped.description
    record(case, "inputs", embedding=embedding, start_tokens=start_tokens, end_token=END_TOKEN)

    inputs = normal(BATCH, STEPS, UNITS)
    decoder = tfa.seq2seq.BasicDecoder(
        wrapped.layer, tfa.seq2seq.TrainingSampler(), output_layer=output_layer
    )
    lengths = np.array([3, 2], "int32")
    result, _, _ = decoder(inputs, initial_state=wrapped.state(), sequence_length=lengths)
    record(f"{case}/training", "inputs", inputs=inputs, lengths=lengths)
    record(f"{case}/training", "outputs", logits=result.rnn_output, token_ids=result.sample_id)

    decoder = tfa.seq2seq.BasicDecoder(
        wrapped.layer,
        tfa.seq2seq.GreedyEmbeddingSampler(),
        output_layer=output_layer,
        maximum_iterations=MAX_LENGTH,
    )
    result, _, lengths = decoder(
        embedding, start_tokens=start_tokens, end_token=END_TOKEN, initial_state=wrapped.state()
    )
    record(f"{case}/greedy", "outputs", token_ids=result.sample_id, lengths=lengths)

    for length_penalty, coverage_penalty in [(0.0, 0.0), (0.75, 0.0), (0.0, 0.25), (0.75, 0.25)]:
        search = f"{case}/beam/length={length_penalty}/coverage={coverage_penalty}"
        decoder = tfa.seq2seq.BeamSearchDecoder(
            wrapped.layer,
            BEAMS,
            output_layer=output_layer,
            length_penalty_weight=length_penalty,
            coverage_penalty_weight=coverage_penalty,
            maximum_iterations=MAX_LENGTH,
        )
        result, state, _ = decoder(
            embedding,
            start_tokens=start_tokens,
            end_token=END_TOKEN,
            initial_state=wrapped.state(BEAMS),
        )
        steps = result.beam_search_decoder_output
        cases[search] = {
            "class_name": "BeamSearchDecoder",
            "config": {
                "beam_width": BEAMS,
                "length_penalty_weight": length_penalty,
                "coverage_penalty_weight": coverage_penalty,
                "maximum_iterations": MAX_LENGTH,
            },
        }
        record(
            search,
            "outputs",
            token_ids=result.predicted_ids,  # [batch, length, beams], the best first
            scores=steps.scores,  # [batch, length, beams], of each step
            step_ids=steps.predicted_ids,
            parents=steps.parent_ids,
            log_probabilities=state.log_probs,  # [batch, beams]
            lengths=state.lengths,
            alignments=state.cell_state.alignment_history,  # [length, batch * beams, k_len]
        )
        if coverage_penalty:
            record(search, "outputs", coverage=state.accumulated_attention_probs)


def functions():
    logits = normal(BATCH, STEPS, VOCABULARY, scale=2.0)
    labels = random.randint(0, VOCABULARY, (BATCH, STEPS))
    weights = np.array([[1, 1, 1], [1, 0, 0]], "float32")
    record("hardmax", "inputs", logits=logits)
    record("hardmax", "outputs", weights=tfa.seq2seq.hardmax(logits))
    sparse = tfa.activations.sparsemax(logits)
    record("sparsemax", "inputs", logits=logits)
    record("sparsemax", "outputs", weights=sparse)
    rows, targets = (
        logits.reshape(-1, VOCABULARY),
        np.eye(VOCABULARY, dtype="float32")[labels.ravel()],
    )
    record("sparsemax_loss", "inputs", logits=rows, labels=targets)
    record(
        "sparsemax_loss",
        "outputs",
        loss=tfa.losses.sparsemax_loss(rows, tf.reshape(sparse, (-1, VOCABULARY)), targets),
    )
    record("sequence_loss", "inputs", logits=logits, labels=labels, weights=weights)
    record("sequence_loss", "outputs", loss=tfa.seq2seq.sequence_loss(logits, labels, weights))

    shares = 1 / (1 + np.exp(-normal(BATCH, K_LEN, scale=2.0)))
    record("safe_cumprod", "inputs", x=shares)
    product = tfa.seq2seq.safe_cumprod(shares, axis=1, exclusive=True)
    record("safe_cumprod", "outputs", product=product)
    previous = np.exp(normal(BATCH, K_LEN))
    previous /= previous.sum(axis=1, keepdims=True)
    for mode in ("parallel", "recursive", "hard"):
        p, before = shares, previous
        if mode == "hard":
            p, before = (shares > 0.5).astype("float32"), np.eye(K_LEN, dtype="float32")[[1, 3]]
        record(f"monotonic_attention/{mode}", "inputs", probabilities=p, previous=before)
        alignments = tfa.seq2seq.monotonic_attention(p, before, mode)
        record(f"monotonic_attention/{mode}", "outputs", alignments=alignments)

    step_ids = random.randint(0, VOCABULARY, (MAX_LENGTH, BATCH, BEAMS)).astype("int32")
    parents = random.randint(0, BEAMS, (MAX_LENGTH, BATCH, BEAMS)).astype("int32")
    lengths = np.array([9, 7], "int32")
    record("gather_tree", "inputs", step_ids=step_ids, parents=parents, lengths=lengths)
    token_ids = tfa.seq2seq.gather_tree(step_ids, parents, lengths, END_TOKEN)
    record("gather_tree", "outputs", token_ids=token_ids)


def main(path):
    mask = random.uniform(size=(BATCH, STEPS, K_LEN)) < 0.7
    mask[:, :, 0] = True
    multi_head_attention("multi_head_attention/whole", head_size=5, num_heads=3)
    multi_head_attention("multi_head_attention/masked", mask, head_size=5, num_heads=3)
    multi_head_attention(
        "multi_head_attention/without_bias",
        head_size=5,
        num_heads=3,
        output_size=19,
        use_projection_bias=False,
    )

    for name, option in [("Bahdanau", "normalize"), ("Luong", "scale")]:
        class_name, case = f"{name}Attention", name.lower()
        mechanism(f"{case}/plain", class_name)
        mechanism(f"{case}/whole", class_name, lengths=None)
        mechanism(f"{case}/{option}", class_name, **{option: True})
        mechanism(f"{case}/hardmax", class_name, probability_fn="hardmax")
        for mode in ("parallel", "recursive", "hard"):
            class_name = f"{name}MonotonicAttention"
            mechanism(f"{case}_monotonic/{mode}", class_name, mode=mode)
            mechanism(f"{case}_monotonic/{mode}/{option}", class_name, mode=mode, **{option: True})

    lstm, gru = tf.keras.layers.LSTMCell, tf.keras.layers.GRUCell
    luong, bahdanau = tfa.seq2seq.LuongAttention, tfa.seq2seq.BahdanauAttention
    wrapper("wrapper/lstm", lstm(UNITS), luong(UNITS), attention_layer_size=3)
    wrapper("wrapper/gru", gru(UNITS), bahdanau(UNITS, normalize=True), output_attention=False)
    wrapper(
        "wrapper/monotonic", lstm(UNITS), tfa.seq2seq.LuongMonotonicAttention(UNITS, scale=True)
    )
    wrapper(
        "wrapper/two",
        gru(UNITS),
        luong(UNITS),
        bahdanau(UNITS, name="second"),
        attention_layer_size=[3, 7],
    )
    decoders("decoders")
    functions()
    names = [f"seq2seq.{name}" for name in dir(tfa.seq2seq) if not name.startswith("_")]
    names = [name for name in names if not inspect.ismodule(getattr(tfa.seq2seq, name[8:]))]
    names += ["layers.MultiHeadAttention", "layers.Sparsemax", "activations.sparsemax"]
    names += ["losses.sparsemax_loss", "losses.SparsemaxLoss"]
    np.savez_compressed(path, cases=json.dumps(cases), names=names, **arrays)


if __name__ == "__main__":
    main(sys.argv[1])
