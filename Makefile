# Everything runs in one virtual environment, made on first use. It needs Python 3.11, make and PyPI.
#
#   make demo          train the tiny translator (minutes on two cores), translate, draw its attention
#   make test          the fast suite, once on TensorFlow and its library part once more on JAX
#   make test-latest   the same with the newest versions instead of constraints.txt
#   make test-addons   our layers beside TensorFlow Addons' own, in an environment of its own (Python 3.11)
#   make lint          ruff: check and format
#   make tensorboard   open TensorBoard on every run
#   make notebooks     run the notebooks and keep their outputs
#   make bench         measure ours beside the peers (installs them, PyTorch included)
#   make clean         remove environments, builds and caches; runs/ stays

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
ADDONS ?= .venv-addons
BIN := $(VENV)/bin
CONSTRAINTS ?= -c constraints.txt
# What `make test` runs: SELECT= is everything, SELECT="tests/ops -x" a folder up to its first failure.
SELECT ?= -m "not slow"
RUN ?= runs/demo

.PHONY: demo test test-latest test-addons addons-reference install-test install-ci lint tensorboard notebooks bench clean

demo: export TF_CPP_MIN_LOG_LEVEL = 2
demo: $(VENV)/.tasks
	$(BIN)/python -m tasks.translation.train tiny --run-folder $(RUN)
	$(BIN)/python -m tasks.translation.predict $(RUN) --attention $(RUN)/alignment.png \
		"Our boy never washed a green door." "She does not see three old books."
	@echo "The attention of the first sentence: $(RUN)/alignment.png"
	@echo "Curves, translations and heat maps:  make tensorboard"

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto $(SELECT)

test-latest:
	rm -f .venv-latest/.test
	$(MAKE) test VENV=.venv-latest CONSTRAINTS=--upgrade

# TensorFlow Addons computes anew what ours is compared with.
test-addons: addons-reference $(VENV)/.test
	KERAS_ATTENTION_ADDONS="$(abspath $(ADDONS))/reference.npz" \
		$(BIN)/python -m pytest tests/interop

addons-reference: $(ADDONS)/.installed
	TF_CPP_MIN_LOG_LEVEL=2 PYTHONWARNINGS=ignore $(ADDONS)/bin/python tests/interop/addons_reference.py \
		$(ADDONS)/reference.npz

$(ADDONS)/.installed: tests/interop/addons_requirements.txt
	$(PYTHON) -m venv --clear $(ADDONS)
	$(ADDONS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

install-test: $(VENV)/.test

install-ci: $(VENV)/.ci

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

tensorboard: $(VENV)/.tasks
	$(BIN)/tensorboard --logdir runs

notebooks: $(VENV)/.test
	$(BIN)/jupyter-execute --inplace --timeout=1800 notebooks/*.ipynb

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks.translation
	$(BIN)/python -m benchmarks.text_classification
	$(BIN)/python -m benchmarks.image_classification
	$(BIN)/python -m benchmarks.speech
	$(BIN)/python -m benchmarks.attention
	$(BIN)/python -m benchmarks.encoder

clean:
	rm -rf .venv .venv-latest .venv-addons build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: what is installed, renewed when what to install changes.
$(VENV)/.tasks: EXTRAS = tasks
$(VENV)/.test: EXTRAS = tasks,test
$(VENV)/.ci: EXTRAS = tasks,test,interop
$(VENV)/.bench: EXTRAS = tasks,bench
$(VENV)/.%: setup.py constraints.txt | $(VENV)/bin/python
	@echo "Installing [$(EXTRAS)] into $(VENV): this takes a few minutes."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e ".[$(EXTRAS)]"
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
