"""What the comparison on a real model has measured: summed up, and as Markdown tables."""

from typing import Any

import numpy as np

from keepif.trainer.files import read_json

from .evaluation import IFEVAL, Evaluation, stored
from .plan import ARMS, BEFORE, Plan, Run
from .run import Sets
from .training import costs

OURS = "KeepIF"
RESAMPLES = 4_000
METRICS = {
    "accuracy": "accuracy", "sacc": "SAcc", "joint": "joint", "sacc_math": "SAcc, math", "joint_math": "joint, math",
    "tokens": "tokens",
}  # fmt: skip
"""Metric → what the table calls it: by the published checks, and in `math` by those that the arms are trained on."""
ON_IFEVAL = {
    "prompt_strict": "prompt, strict", "prompt_loose": "prompt, loose",
    "instruction_strict": "instruction, strict", "instruction_loose": "instruction, loose", "tokens": "tokens",
}  # fmt: skip
COSTS = {"steps": "steps", "seconds": "seconds", "tokens": "tokens a second", "peak": "peak GiB",
         "estimated": "GiB by doctor"}  # fmt: skip

Evaluations = dict[str, dict[int, Evaluation]]
"""Policy → seed → its evaluation on a set, with the `steps` after which it was made."""
Report = dict[str, Any]


def report_of(plan: Plan, sets: Sets) -> Report:
    """All that is measured so far; arms whose training was stopped are in it where no seed has all arms whole."""
    runs = plan.runs()
    reports = [(run, read_json(run.folder / "keepif-report.json")) for run in runs if run.trains]
    summed = {name: summary(evaluations_of(plan, runs, name, rows)) for name, rows in sets.items()}
    return {
        "seeds": list(plan.seeds),
        "steps": plan.steps,
        "reached": {f"{run.policy}, seed {run.seed}": run.reached(plan.steps) for run in runs if run.trains},
        "held_out": {name: one for name, one in summed.items() if name != IFEVAL},
        "ifeval": summed.get(IFEVAL),
        "histories": {
            arm: [first(report["history"], plan.steps) for run, report in reports if run.policy == arm and report]
            for arm in plan.arms
        },
        "costs": {f"{run.policy}, seed {run.seed}": made for run in runs if (made := costs(run))},
    }


def first(history: dict[str, list[Any]], steps: int) -> dict[str, list[Any]]:
    """An arm's history up to the step that is evaluated; it may have gone on."""
    return {name: values[:steps] for name, values in history.items()}


def evaluations_of(plan: Plan, runs: list[Run], name: str, rows: list[dict[str, Any]]) -> Evaluations:
    """The stored evaluations on the set `name`: of the seeds whose arms are all whole, or, without one, of all."""
    evaluations: Evaluations = {}
    for run in runs:
        if evaluation := stored(plan, run, name, rows):
            evaluations.setdefault(run.policy, {})[run.seed] = evaluation | {"steps": run.reached(plan.steps)}

    def is_whole(seed: int) -> bool:
        return all(evaluations.get(arm, {}).get(seed, {}).get("steps") == plan.steps for arm in plan.arms)

    whole = {seed for seed in plan.seeds if is_whole(seed)} or {*plan.seeds}
    chosen = {policy: {seed: one for seed, one in by_seed.items() if policy == BEFORE or seed in whole}
              for policy, by_seed in evaluations.items()}  # fmt: skip
    return {policy: by_seed for policy, by_seed in chosen.items() if by_seed}


def values_of(evaluation: Evaluation, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """(numerators, denominators), one a prompt; a metric that is no ratio is over 1."""
    values = np.array(evaluation[metric], dtype=float)
    return (values, np.ones(len(values))) if values.ndim == 1 else (values[:, 0], values[:, 1])


def interval(values: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """Σ values / Σ weights and its 95 % interval: percentile bootstrap over prompts (Efron, 1979)."""
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].sum(axis=1) / weights[drawn].sum(axis=1), [2.5, 97.5])
    return {"mean": float(values.sum() / weights.sum()), "low": float(low), "high": float(high)}


def summary(evaluations: Evaluations) -> Report:
    """Means over prompts and seeds by policy, KeepIF's differences prompt by prompt, and shares obeyed by type."""
    some = next((one for by_seed in evaluations.values() for one in by_seed.values()), None)
    if some is None:
        return {"prompts": 0, "policies": {}, "by_type": {}}
    metrics = [metric for metric in (METRICS | ON_IFEVAL) if metric in some]
    policies = {
        policy: {"steps": sorted({one["steps"] for one in by_seed.values()})}
        | {metric: _mean([values_of(one, metric) for one in by_seed.values()]) for metric in metrics}
        for policy, by_seed in evaluations.items()
    }
    ours = evaluations.get(OURS, {})
    for arm in [arm for arm in ARMS if arm != OURS]:
        if seeds := sorted(ours.keys() & evaluations.get(arm, {}).keys()):
            policies[f"{OURS} less {arm}"] = {
                metric: _mean([_less(ours[seed], evaluations[arm][seed], metric) for seed in seeds])
                for metric in metrics
            }
    return {"prompts": len(some["prompts"]), "policies": policies, "by_type": _by_type(evaluations)}


def _less(ours: Evaluation, theirs: Evaluation, metric: str) -> tuple[np.ndarray, np.ndarray]:
    (values, weights), (others, _) = values_of(ours, metric), values_of(theirs, metric)
    return values - others, weights


def _mean(seeds: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """The interval of the mean over the seeds, and each seed's own."""
    mean = interval(np.mean([values for values, _ in seeds], axis=0), seeds[0][1])
    return mean | {"seeds": [float(values.sum() / weights.sum()) for values, weights in seeds]}


def _by_type(evaluations: Evaluations) -> dict[str, dict[str, list[float]]]:
    """Constraint type → policy → shares obeyed by the published check and by `math`, and of how many prompts."""
    by_type: dict[str, dict[str, list[float]]] = {}
    for policy, by_seed in evaluations.items():
        types = np.array(next(iter(by_seed.values())).get("types", []))
        for kind in sorted({*types.tolist()}):
            shares = [
                float(np.mean([np.array(one[metric])[types == kind] for one in by_seed.values()]))
                for metric in ("sacc", "sacc_math")
            ]
            by_type.setdefault(kind, {})[policy] = [*shares, int((types == kind).sum())]
    return by_type


def tables(report: Report) -> str:
    """The report as Markdown: each set of prompts with its constraint types, IFEval, and what the arms took."""
    lines = []
    for name, one in report["held_out"].items():
        lines += [f"{one['prompts']} prompts, {name}:", "", *_policies(one, METRICS, report["steps"]), ""]
        lines += [*_types(one), ""]
    if report["ifeval"]:
        lines += [f"IFEval, {report['ifeval']['prompts']} prompts, greedy, published checks:", ""]
        lines += [*_policies(report["ifeval"], ON_IFEVAL, report["steps"]), ""]
    return "\n".join([*lines, *_costs(report)])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _policies(one: Report, metrics: dict[str, str], steps: int) -> list[str]:
    lines = [_row(["policy", *metrics.values()]), "|---" * (len(metrics) + 1) + "|"]
    for policy, means in one["policies"].items():
        at = [step for step in means.get("steps", []) if policy != BEFORE and step != steps]
        label = f"{policy}, stopped at step {' and '.join(map(str, at))}" if at else policy
        lines.append(_row([label, *(_cell(means[metric], metric) for metric in metrics)]))
    return lines


def _types(one: Report) -> list[str]:
    policies = [policy for policy, means in one["policies"].items() if "steps" in means]
    lines = [_row(["obeyed, in % (by `math`)", "prompts", *policies]), "|---" * (len(policies) + 2) + "|"]
    for kind, by_policy in one["by_type"].items():
        cells = [f"{100 * by_policy[policy][0]:.0f} ({100 * by_policy[policy][1]:.0f})" for policy in policies]
        lines.append(_row([f"`{kind}`", str(next(iter(by_policy.values()))[-1]), *cells]))
    return lines


def _costs(report: Report) -> list[str]:
    lines = [_row(["training", *COSTS.values(), "device"]), "|---" * (len(COSTS) + 2) + "|"]
    for name, made in report["costs"].items():
        steps, seconds, tokens = (sum(cost[key] for cost in made) for key in ("steps", "seconds", "tokens"))
        peaks = [cost["peak"] for cost in made if cost["peak"] is not None]
        peak = f"{max(peaks):.1f}" if peaks else "–"
        cells = [f"{steps} of {report['steps']}", f"{seconds:.0f}", f"{tokens / seconds:.0f}", peak]
        lines.append(_row([name, *cells, f"{made[-1]['estimated']:.1f}", made[-1]["device"]]))
    return lines


def _cell(mean: dict[str, Any], metric: str) -> str:
    """The mean, its interval over prompts and, after a semicolon, the lowest and the highest seed."""
    scale = 1 if metric == "tokens" else 100
    middle, low, high = (scale * mean[name] for name in ("mean", "low", "high"))
    seeds = [scale * seed for seed in mean["seeds"]]
    spread = f"; {min(seeds):.1f} to {max(seeds):.1f}" if len(seeds) > 1 else ""
    return f"{middle:.1f} ({low:.1f} to {high:.1f}{spread})"
