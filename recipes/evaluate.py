"""Benchmarks on one policy: what it gets right, what it obeys, and how that compares with another run.

    accelerate launch -m keepif.recipes.evaluate --model MODEL --benchmarks mathif ifeval --samples 4 --output_dir RUN
    keepif evaluate --model smollm2-135m --benchmarks ifeval --limit 40 --max_tokens 256 --output_dir RUN
    keepif evaluate --model AFTER --benchmarks mathif --output_dir runs/after --compare runs/before

Samples are written down as they are made: a run that was killed, or is asked for more, goes on where it stopped.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import parse_flag_from_env
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from trl import ModelConfig, TrlParser

from keepif.trainer.evaluation import journal, measured, report
from keepif.trainer.evaluation.answering import MODES, PLAIN, Arm, Draw, answer, missing, samples_of, spread
from keepif.trainer.evaluation.benchmark import Benchmark, Item
from keepif.trainer.evaluation.catalogue import BENCHMARKS, load
from keepif.trainer.evaluation.generation import Sampling
from keepif.trainer.evaluation.measured import measure
from keepif.trainer.evaluation.mitigations import REMEDIES, Asking

from .models import TINY, load_model
from .tiny_policy.benchmark import TinyBenchmark

ALL = {**BENCHMARKS, "tiny": TinyBenchmark}
ENGINES = {"transformers": 16, "vllm": 512, "openai": 64}
"""Engines, and how many samples each makes between two writes of the journal."""
GREEDY = Sampling(temperature=0.0, max_tokens=16_384)
PUBLISHED = {
    "mathif": Sampling(1.0, 0.95, 16_384),  # its paper
    "logicif": Sampling(1.0, 1.0, 16_384),  # its repository's inference.py
    "tiny": Sampling(1.0, 1.0, 112),  # as it is trained
}
"""How a benchmark is published; the others greedily. Where none is published, the most tokens are MathIF's."""
SEVERAL = Sampling(1.0, 0.95)
"""Temperature and top-p where several samples are asked of a greedy benchmark, which would all be the same."""
PACKAGES = {
    "transformers": ("keepif", "torch", "transformers"),
    "vllm": ("keepif", "vllm"),
    "openai": ("keepif",),
}
"""Packages whose version decides what an engine says."""


@dataclass
class EvaluateArguments:
    """What to evaluate, on what, and how."""

    model: str = field(
        default="tiny",
        metadata={"help": "A hub name, a folder, 'tiny', 'smollm2-135m', or the model's name on the server."},
    )
    benchmarks: list[str] = field(
        default_factory=lambda: ["mathif", "ifeval"], metadata={"help": f"Of {', '.join(ALL)}."}
    )
    sources: list[str] = field(
        default_factory=list, metadata={"help": "NAME=PATH: a benchmark's rows in a file, a folder or a hub data set."}
    )
    samples: int = field(default=1, metadata={"help": "Responses to each item."})
    limit: int | None = field(default=None, metadata={"help": "So many items of each benchmark, evenly spaced."})
    thinking: str = field(default="default", metadata={"help": "on, off, both, or default: as the template has it."})
    mitigation: list[str] = field(
        default_factory=lambda: [PLAIN], metadata={"help": f"{PLAIN} and remedies: {', '.join(REMEDIES)}."}
    )
    thinking_budget: int | None = field(
        default=None, metadata={"help": "Tokens of the remedy thinking_budget; half of max_tokens by default."}
    )
    gate: str | None = field(default=None, metadata={"help": "File of the gate of classifier_selective."})
    engine: str = field(default="transformers", metadata={"help": f"{', '.join(ENGINES)} (a compatible server)."})
    base_url: str = field(default="http://localhost:8000/v1", metadata={"help": "The server's, with its version."})
    api_key_env: str = field(
        default="OPENAI_API_KEY", metadata={"help": "Environment variable with the server's key."}
    )
    concurrency: int = field(default=8, metadata={"help": "Requests to the server under way at once."})
    per_minute: int | None = field(default=None, metadata={"help": "Requests a minute that the server allows."})
    timeout: float = field(default=600.0, metadata={"help": "Seconds that a request may take."})
    dtype: str = field(default="auto", metadata={"help": "Of the model's weights: auto, float32, bfloat16, ..."})
    revision: str = field(default="main", metadata={"help": "Of a model on the hub."})
    batch_size: int | None = field(
        default=None, metadata={"help": f"Samples made at once and written together; by engine: {ENGINES}."}
    )
    max_tokens: int | None = field(default=None, metadata={"help": "Tokens a response may have; as published."})
    temperature: float | None = field(default=None, metadata={"help": "0 is greedy; as published by default."})
    top_p: float | None = field(default=None, metadata={"help": "As published by default."})
    seed: int = field(default=0, metadata={"help": "Of the draws."})
    compare: list[str] = field(default_factory=list, metadata={"help": "output_dir of other runs to compare with."})
    name: str | None = field(
        default=None, metadata={"help": "This run's name in the report; its folder's by default."}
    )
    output_dir: str = field(default="runs/evaluate", metadata={"help": "Where samples, report and plots go."})

    def __post_init__(self) -> None:
        _among("benchmarks", self.benchmarks, ALL)
        _among("thinking", [self.thinking], [*MODES, "both"])
        _among("mitigation", self.mitigation, [PLAIN, *REMEDIES])
        _among("engine", [self.engine], ENGINES)
        for name in ("samples", "limit", "batch_size", "max_tokens"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, found {value}")
        if "classifier_selective" in self.mitigation and not self.gate:
            raise ValueError("classifier_selective needs --gate FILE: train one with keepif.recipes.train_gate")
        for source in self.sources:
            name, found, _ = source.partition("=")
            if not found or name not in self.benchmarks:
                raise ValueError(f"sources must be NAME=PATH with NAME of {self.benchmarks}, found {source!r}")

    @property
    def arms(self) -> list[Arm]:
        modes = ["on", "off"] if self.thinking == "both" else [self.thinking]
        return [
            Arm(benchmark, mode, mitigation)
            for benchmark in self.benchmarks
            for mode in modes
            for mitigation in self.mitigation
        ]

    def source_of(self, benchmark: str) -> str | None:
        return dict(source.split("=", 1) for source in self.sources).get(benchmark)

    def sampling_of(self, benchmark: str) -> Sampling:
        """As published, or as asked."""
        sampling = PUBLISHED.get(benchmark, GREEDY)
        if self.samples > 1 and not sampling.temperature and self.temperature is None:
            sampling = replace(sampling, temperature=SEVERAL.temperature, top_p=SEVERAL.top_p)
        asked = {name: getattr(self, name) for name in ("temperature", "top_p", "max_tokens")}
        return replace(sampling, **{n: v for n, v in asked.items() if v is not None}, seed=self.seed)


def _among(name: str, values: Sequence[str], allowed: Sequence[str] | dict[str, Any]) -> None:
    for value in values:
        if value not in allowed:
            raise ValueError(f"{name} must be of {', '.join(allowed)}, found {value!r}")


def benchmark_of(args: EvaluateArguments, name: str) -> Benchmark:
    source = args.source_of(name)
    return TinyBenchmark(source) if name == TinyBenchmark.name else load(name, source)


def generator_of(args: EvaluateArguments, state: PartialState) -> Any:
    """The engine, with `generate` and `count`."""
    size = args.batch_size or ENGINES[args.engine]
    if args.engine == "openai":
        from keepif.rewards.endpoint import Endpoint
        from keepif.trainer.evaluation.generation_server import ServerGenerator

        options = {name: getattr(args, name) for name in ("api_key_env", "concurrency", "per_minute", "timeout")}
        return ServerGenerator(Endpoint(args.base_url, args.model, **options))
    if args.engine == "vllm":
        from keepif.trainer.evaluation.generation_vllm import VLLMGenerator

        if state.num_processes > 1:
            raise ValueError("vLLM spreads a model over GPUs itself: launch one process")
        return VLLMGenerator(args.model, revision=args.revision, dtype=args.dtype)
    from keepif.trainer.evaluation.generation_transformers import TransformersGenerator

    config = ModelConfig(model_name_or_path=args.model, model_revision=args.revision, dtype=args.dtype)
    model, tokenizer = load_model(config)
    return TransformersGenerator(model.to(state.device).eval(), tokenizer, size)


def settings_of(args: EvaluateArguments, benchmarks: dict[str, Benchmark]) -> dict[str, Any]:
    """What a sample depends on, flat: `agree` compares them one by one, and more benchmarks may join later."""
    found: dict[str, Any] = {"model": args.model, "weights": weights_of(args.model), "engine": args.engine}
    found |= {"revision": args.revision, "dtype": args.dtype} if args.engine != "openai" else {"url": args.base_url}
    for name, benchmark in benchmarks.items():
        found[f"sampling of {name}"] = asdict(args.sampling_of(name))
        found[f"items of {name}"] = items_hash(benchmark.items())
    if "thinking_budget" in args.mitigation:
        found["thinking_budget"] = args.thinking_budget
    if "classifier_selective" in args.mitigation and args.gate:
        found["gate"] = hashlib.sha256(Path(args.gate).read_bytes()).hexdigest()[:16]
    return found | {f"version of {package}": _version(package) for package in PACKAGES[args.engine]}


def weights_of(model: str) -> str | None:
    """A hash of a local model's files: their names, their sizes and the end of each, which training changes."""
    folder = TINY if model == "tiny" else Path(model)
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.suffix in {".safetensors", ".bin", ".jinja"}):
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 2**20))
            digest.update(repr((path.name, size)).encode() + file.read())
    return digest.hexdigest()[:16]


def items_hash(items: Sequence[Item]) -> str:
    """A hash of what is asked."""
    asked = [[item.key, [dict(message) for message in item.messages]] for item in items]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def make_samples(
    args: EvaluateArguments, benchmarks: dict[str, Benchmark], state: PartialState, console: Console
) -> int:
    """Make what the journal does not have yet, each process its share; the number that failed in this process."""
    folder = Path(args.output_dir)
    rows = list(journal.read(folder))
    state.wait_for_everyone()  # nobody writes before all have read
    pending = {}
    for arm in args.arms:
        items = spread(benchmarks[arm.benchmark].items(), args.limit)
        draws = missing(items, args.samples, samples_of(arm, rows, items, args.samples))
        if draws:
            pending[arm] = draws[state.process_index :: state.num_processes]
    if not pending:
        return 0
    generator = generator_of(args, state)
    mine = journal.Journal(folder, state.process_index)
    size = args.batch_size or ENGINES[args.engine]
    failed = 0
    with _progress(console, visible=state.is_main_process) as progress:
        for arm, draws in pending.items():
            bar = progress.add_task(" ".join(vars(arm).values()), total=len(draws))
            respond = _responding(args, arm, generator)
            failed += answer(arm, draws, respond, mine, size, generator.count, partial(progress.advance, bar))
    return failed


def _responding(args: EvaluateArguments, arm: Arm, generator: Any) -> Any:
    """How the draws of `arm` are responded to."""
    asking = Asking(
        generator,
        args.sampling_of(arm.benchmark),
        MODES[arm.thinking],
        thinking_budget=args.thinking_budget,
        gate=_gate(args.gate) if args.gate else None,
    )

    def plainly(items: Sequence[Item], seeds: Sequence[int]) -> Any:
        return asking.answers(asking.requests(items, seeds))

    remedy = (
        plainly if arm.mitigation == PLAIN else lambda items, seeds: REMEDIES[arm.mitigation](asking, items, seeds)
    )

    def respond(draws: Sequence[Draw]) -> Any:
        return remedy([item for item, _ in draws], [index for _, index in draws])

    return respond


def _gate(path: str) -> Any:
    from keepif.trainer.evaluation.classifier import Gate

    return Gate.load(Path(path))


def _progress(console: Console, *, visible: bool) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=console, disable=not visible)


def make_report(args: EvaluateArguments, benchmarks: dict[str, Benchmark], settings: Any, console: Console) -> int:
    """Score all samples, leave report and plots, show the tables; the number of samples that are missing."""
    folder = Path(args.output_dir)
    rows, found = list(journal.read(folder)), []
    for arm in args.arms:
        benchmark = benchmarks[arm.benchmark]
        items = spread(benchmark.items(), args.limit)
        samples = samples_of(arm, rows, items, args.samples)
        with console.status(f"scoring {arm.benchmark} ..."):
            found.append(measure(arm, benchmark, samples, len(items) * args.samples - len(samples)))
    measured.write(folder, found)
    others = [report.load(Path(other)) for other in args.compare]
    compared = {other["name"]: measured.read(Path(path)) for other, path in zip(others, args.compare, strict=True)}
    made = report.build(args.name or folder.name, settings, found, compared)
    report.write(folder, made)
    for table in report.shown(made):
        console.print(table, "")
    console.print("\n".join(report.footnotes(made)), markup=False, highlight=False, soft_wrap=True)
    console.print(f"\nreport: {folder / report.NAME}, {folder / report.TEXT}", soft_wrap=True, markup=False)
    try:
        from keepif.trainer.evaluation.figures import draw
    except ImportError:
        console.print("plots need matplotlib: pip install 'keepif[plot]'", markup=False)
    else:
        console.print(f"plots: {', '.join(map(str, draw(made, others, folder)))}", soft_wrap=True, markup=False)
    return sum(one.missing for one in found)


def main(argv: list[str] | None = None) -> None:
    parser = TrlParser([EvaluateArguments])  # pyright: ignore[reportArgumentType]
    (args,) = parser.parse_args_and_config(args=sys.argv[1:] if argv is None else argv)
    cpu = parse_flag_from_env("ACCELERATE_USE_CPU") or not torch.accelerator.is_available()
    state = PartialState(cpu=cpu, timeout=timedelta(days=7))  # who has long responses keeps the others waiting
    console = Console()
    for name in args.compare:  # before hours are spent
        report.load(Path(name))
    benchmarks = {name: benchmark_of(args, name) for name in args.benchmarks}
    folder = Path(args.output_dir)
    settings = journal.agree(folder, settings_of(args, benchmarks))
    state.wait_for_everyone()
    if state.is_main_process:
        journal.keep(folder, settings)
    make_samples(args, benchmarks, state, console)
    state.wait_for_everyone()
    if state.is_main_process and make_report(args, benchmarks, settings, console):
        sys.exit(1)


if __name__ == "__main__":
    main()
