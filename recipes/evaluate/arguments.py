"""The command line of an evaluation, checked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from keepif.trainer.evaluation.answering import MODES, PLAIN, Arm
from keepif.trainer.evaluation.benchmarks import BENCHMARKS
from keepif.trainer.evaluation.benchmarks.own import OwnRows
from keepif.trainer.evaluation.engines.generation import Sampling
from keepif.trainer.evaluation.remedies.remedies import REMEDIES

from ..own import HELP, import_own
from ..tiny_policy.benchmark import TinyBenchmark  # noqa: F401  # in BENCHMARKS once it is imported

ENGINES = {"transformers": 16, "vllm": 512, "openai": 64}
"""Engines, and how many samples each makes between two writes of the journal."""
DTYPES = ("auto", "float32", "bfloat16", "float16")
SEVERAL = Sampling(1.0, 0.95)
"""Temperature and top-p for several samples of a greedy benchmark, which would all be the same."""
ONE_OR_SEVERAL = (
    "Of a benchmark that is published greedily "
    f"({', '.join(name for name, kind in BENCHMARKS.items() if not kind.sampling.temperature)}) one is greedy, and "
    f"several are drawn at temperature {SEVERAL.temperature} and top-p {SEVERAL.top_p}: to begin with one and go on "
    "to several, give --temperature and --top_p from the start."
)


@dataclass
class EvaluateArguments:
    """What to evaluate, on what, and how."""

    model: str = field(
        default="tiny",
        metadata={"help": "A hub name, a folder, 'tiny', 'smollm2-135m', or the model's name on the server."},
    )
    benchmarks: list[str] = field(
        default_factory=lambda: ["mathif", "ifeval"],
        metadata={
            "help": f"Of {', '.join(BENCHMARKS)}, or NAME=FILE: rows of your own, in any form that training takes. "
            "Give them the --max_tokens that you train with."
        },
    )
    imports: list[str] = field(default_factory=list, metadata={"help": HELP, "aliases": ["--import"]})
    sources: list[str] = field(
        default_factory=list, metadata={"help": "NAME=PATH: a benchmark's rows in a file, a folder or a hub data set."}
    )
    samples: int = field(default=1, metadata={"help": f"Responses to each item. {ONE_OR_SEVERAL}"})
    limit: int | None = field(default=None, metadata={"help": "So many items of each benchmark, evenly spaced."})
    thinking: str = field(default="default", metadata={"help": "on, off, both, or default: as the template has it."})
    mitigation: list[str] = field(default_factory=lambda: [PLAIN], metadata={"help": f"Of {', '.join(REMEDIES)}."})
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
    judge_url: str | None = field(
        default=None, metadata={"help": "The judge's server; without one, complexbench is left out."}
    )
    judge_model: str | None = field(default=None, metadata={"help": "The judge's name there."})
    judge_api_key_env: str = field(default="OPENAI_API_KEY", metadata={"help": "Variable with its server's key."})
    without_constraints: bool = field(
        default=False,
        metadata={"help": "Ask mathif's problems without constraints too, for accuracy_without."},
    )
    constraint_attention: bool = field(
        default=False,
        metadata={"help": "Read the attention that answers pay to their constraints, kept against not kept."},
    )
    dtype: str = field(default="auto", metadata={"help": f"Of the model's weights: {', '.join(DTYPES)}."})
    revision: str = field(default="main", metadata={"help": "Of a model on the hub."})
    batch_size: int | None = field(
        default=None, metadata={"help": f"Samples made at once and written together; by engine: {ENGINES}."}
    )
    max_tokens: int | None = field(default=None, metadata={"help": "Tokens a response may have; as published."})
    temperature: float | None = field(
        default=None, metadata={"help": "0 is greedy; by default as published, but see --samples."}
    )
    top_p: float | None = field(default=None, metadata={"help": "By default as published, but see --samples."})
    seed: int = field(default=0, metadata={"help": "Of the draws."})
    compare: list[str] = field(default_factory=list, metadata={"help": "output_dir of other runs to compare with."})
    name: str | None = field(
        default=None, metadata={"help": "This run's name in the report; its folder's by default."}
    )
    output_dir: str = field(default="runs/evaluate", metadata={"help": "Where samples, report and plots go."})

    def __post_init__(self) -> None:
        import_own(self.imports)
        self.sources = [*self.sources, *(one for one in self.benchmarks if "=" in one)]
        self.benchmarks = [one.partition("=")[0] for one in self.benchmarks]
        sources = sources_of(self.sources, self.benchmarks)
        _among("benchmarks", [name for name in self.benchmarks if name not in sources], BENCHMARKS)
        _among("thinking", [self.thinking], [*MODES, "both"])
        _among("mitigation", self.mitigation, REMEDIES)
        _among("engine", [self.engine], ENGINES)
        _among("dtype", [self.dtype], DTYPES)
        if self.constraint_attention and self.engine != "transformers":
            raise ValueError(f"constraint_attention needs the engine transformers, found {self.engine}")
        for name in ("samples", "limit", "batch_size", "max_tokens", "thinking_budget"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, found {value}")
        if "classifier_selective" in self.mitigation and not self.gate:
            raise ValueError(
                "classifier_selective needs --gate FILE: train one with keepif.recipes.evaluate.train_gate"
            )
        for benchmark in self.benchmarks if "thinking_budget" in self.mitigation else []:
            most = self.sampling_of(benchmark).max_tokens
            if (self.thinking_budget or 1) >= most:
                raise ValueError(f"thinking_budget must be below the max_tokens of {benchmark}, which are {most}")

    def arms_of(self, benchmarks: Iterable[str]) -> list[Arm]:
        """The arms of `benchmarks`."""
        modes = ["on", "off"] if self.thinking == "both" else [self.thinking]
        return [
            Arm(benchmark, mode, mitigation)
            for benchmark in benchmarks
            for mode in modes
            for mitigation in self.mitigation
        ]

    def sampling_of(self, benchmark: str) -> Sampling:
        """As published, unless a flag says otherwise."""
        sampling = BENCHMARKS.get(benchmark, OwnRows).sampling
        if self.samples > 1 and not sampling.temperature and self.temperature is None:
            sampling = replace(sampling, temperature=SEVERAL.temperature, top_p=SEVERAL.top_p)
        flags = {name: getattr(self, name) for name in ("temperature", "top_p", "max_tokens")}
        return replace(sampling, **{n: v for n, v in flags.items() if v is not None}, seed=self.seed)


def sources_of(sources: Sequence[str], benchmarks: Sequence[str]) -> dict[str, str]:
    """Benchmark → source, from `NAME=PATH`."""
    for source in sources:
        name, equals, _ = source.partition("=")
        if not equals or name not in benchmarks:
            raise ValueError(f"sources must be NAME=PATH with NAME of {benchmarks}, found {source!r}")
    return dict(source.split("=", 1) for source in sources)


def _among(name: str, values: Iterable[str], allowed: Iterable[str]) -> None:
    for value in values:
        if value not in allowed:
            raise ValueError(f"{name} must be of {', '.join(allowed)}, found {value!r}")
