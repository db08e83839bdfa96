"""What an evaluation measures: its command line, read once into typed settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keepif.rewards.judge.endpoint import Endpoint
from keepif.trainer.evaluation.answering import Arm, spread
from keepif.trainer.evaluation.benchmarks import BENCHMARKS, load
from keepif.trainer.evaluation.benchmarks.benchmark import Benchmark, Item
from keepif.trainer.evaluation.benchmarks.complexbench import NoJudgeError
from keepif.trainer.evaluation.benchmarks.judgements import CachedJudge
from keepif.trainer.evaluation.benchmarks.own import OwnRows
from keepif.trainer.evaluation.engines.generation import Sampling

from ..arguments import KeepIFArguments
from ..data import load_prompts
from .arguments import EvaluateArguments, sources_of


@dataclass(frozen=True)
class Plan:
    """What is measured, and where it goes: `samples` responses to an item, `limit` items of a benchmark.

    `thinking_budget` and `gate` are the remedies' of these names; `left_out` says why other benchmarks are not here.
    """

    name: str
    folder: Path
    benchmarks: Mapping[str, Benchmark]
    sampling: Mapping[str, Sampling]
    arms: Sequence[Arm]
    samples: int
    limit: int | None
    thinking_budget: int | None
    gate: Path | None
    left_out: Sequence[str] = ()

    def items(self, benchmark: str) -> list[Item]:
        return spread(self.benchmarks[benchmark].items(), self.limit)


def own_rows(name: str, source: str) -> OwnRows:
    """The rows of a training file, with the prompts that a recipe makes of them; constraints are added if it has none.

    They are the same in every evaluation, whatever its seed, so that two can be compared.
    """
    return OwnRows(name, load_prompts(KeepIFArguments(dataset=source), seed=0, conversational=True).to_list())


def plan_of(args: EvaluateArguments) -> Plan:
    """The plan of a command line."""
    sources = sources_of(args.sources, args.benchmarks)
    options: dict[str, Any] = {"without_constraints": args.without_constraints}
    if args.judge_url and args.judge_model:
        judge = Endpoint(args.judge_url, args.judge_model, args.judge_api_key_env, args.concurrency, args.per_minute)
        options["judge"] = CachedJudge(judge, Path(args.output_dir))
    benchmarks, left_out = {}, []
    for name in args.benchmarks:
        try:
            known = name in BENCHMARKS
            benchmarks[name] = load(name, sources.get(name), **options) if known else own_rows(name, sources[name])
        except NoJudgeError as error:
            if len(args.benchmarks) == 1 or args.judge_url or args.judge_model:
                raise
            left_out.append(f"{name} is left out. {error}")
    return Plan(
        name=args.name or Path(args.output_dir).name,
        folder=Path(args.output_dir),
        benchmarks=benchmarks,
        sampling={name: args.sampling_of(name) for name in benchmarks},
        arms=args.arms_of(benchmarks),
        samples=args.samples,
        limit=args.limit,
        thinking_budget=args.thinking_budget if "thinking_budget" in args.mitigation else None,
        gate=Path(args.gate) if args.gate else None,
        left_out=left_out,
    )
