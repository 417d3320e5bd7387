"""One worker of a cluster on this machine; prints what it saw as JSON. See test_multi_worker.py."""

import json
import sys

import keras
import numpy as np

from keras_attention.training import Checkpoints, make_strategy

strategy = make_strategy("multi_worker")  # before anything else of TensorFlow runs

from training.runs import curve, make_model, sentences  # noqa: E402

folder = sys.argv[1]
seen = {"replicas": strategy.num_replicas_in_sync}
for name, settings in {
    "plain": {},
    "compiled, several steps": dict(jit_compile=True, steps_per_execution=3),
    "an empty replica": dict(batch_size=4),
    "half precision, accumulated, clipped": dict(
        policy="mixed_float16",
        optimizer=lambda: keras.optimizers.SGD(
            0.5, momentum=0.9, clipnorm=0.05, gradient_accumulation_steps=2
        ),
    ),
}.items():
    history, weights = curve(strategy, validate=True, **settings)
    seen[name] = [history["loss"], history["val_loss"], float(np.abs(weights).sum())]

model = make_model(strategy)
ids, labels = sentences()
seen["predictions"] = float(np.abs(model.predict(ids, batch_size=4, verbose=0)).sum())
checkpoints = Checkpoints(folder, "loss")
fit = dict(batch_size=5, shuffle=False, callbacks=[checkpoints], verbose=0)
model.fit(ids, labels, epochs=1, **fit)

resumed = make_model(strategy)
epoch = checkpoints.restore(resumed)
losses = resumed.fit(ids, labels, epochs=2, initial_epoch=epoch, **fit).history["loss"]
seen["resumed"] = [epoch, losses]
print("SEEN", json.dumps(seen), flush=True)
