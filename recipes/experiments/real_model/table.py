"""What the comparison on a real model has measured: summed up, and as Markdown tables."""

from typing import Any

import numpy as np

from keepif.trainer.files import read_json

from ..tables import markdown
from .evaluation import Evaluation, Sets, stored
from .plan import ARMS, BEFORE, OURS, Plan, Run
from .prompts import SETS
from .sets import PromptSet
from .training import costs

RESAMPLES = 4_000
BEST = "best"
"""Whether any of a prompt's responses is right and keeps everything."""
TOKENS = ("thinking", "answer")
METRICS = {
    "accuracy": "accuracy", "correct": "accuracy", "hacc": "HAcc", "sacc": "SAcc", "joint": "joint",
    BEST: "joint, best of all", "hacc_math": "HAcc, math", "sacc_math": "SAcc, math", "joint_math": "joint, math",
    "prompt_strict": "prompt, strict", "prompt_loose": "prompt, loose",
    "instruction_strict": "instruction, strict", "instruction_loose": "instruction, loose",
    "thinking": "thinking, tokens", "answer": "answer, tokens",
}  # fmt: skip
"""Metric → what the tables call it: by the published checks, and in `math` by those that the arms are trained on."""
COSTS = {"steps": "steps", "seconds": "seconds", "tokens": "tokens a second", "peak": "peak GiB",
         "estimated": "GiB by doctor"}  # fmt: skip

Evaluations = dict[str, dict[int, Evaluation]]
"""Policy → seed → its evaluation on a set, with the `steps` after which it was made."""
Report = dict[str, Any]


def report_of(plan: Plan, sets: Sets) -> Report:
    """All that is measured so far; arms whose training was stopped are in it where no seed has all arms whole."""
    runs = plan.runs()
    reports = [(run, read_json(run.folder / "keepif-report.json")) for run in runs if run.trains]
    evaluations = {name: evaluations_of(plan, runs, name, asked) for name, asked in sets.items()}
    return {
        "seeds": list(plan.seeds),
        "steps": plan.steps,
        "reached": {f"{run.policy}, seed {run.seed}": run.reached(plan.steps) for run in runs if run.trains},
        "sets": {name: summary(measured) for name, measured in evaluations.items()},
        "example": example(evaluations[SETS[0]]),
        "histories": {
            arm: [first(report["history"], plan.steps) for run, report in reports if run.policy == arm and report]
            for arm in plan.arms
        },
        "costs": {f"{run.policy}, seed {run.seed}": made for run in runs if (made := costs(run))},
    }


def first(history: dict[str, list[Any]], steps: int) -> dict[str, list[Any]]:
    """An arm's history up to the step that is evaluated; it may have gone on."""
    return {name: values[:steps] for name, values in history.items()}


def evaluations_of(plan: Plan, runs: list[Run], name: str, asked: PromptSet) -> Evaluations:
    """The stored evaluations on the set `name`: of the seeds whose arms are all whole, or, without one, of all."""
    evaluations: Evaluations = {}
    for run in runs:
        if evaluation := stored(plan, run, name, asked):
            evaluations.setdefault(run.policy, {})[run.seed] = evaluation | {"steps": run.reached(plan.steps)}

    def is_whole(seed: int) -> bool:
        return all(evaluations.get(arm, {}).get(seed, {}).get("steps") == plan.steps for arm in plan.arms)

    whole = {seed for seed in plan.seeds if is_whole(seed)} or {*plan.seeds}
    chosen = {policy: {seed: one for seed, one in by_seed.items() if policy == BEFORE or seed in whole}
              for policy, by_seed in evaluations.items()}  # fmt: skip
    return {policy: by_seed for policy, by_seed in chosen.items() if by_seed}


def example(evaluations: Evaluations) -> dict[str, str]:
    """A prompt and the first responses to it: if there is one, a prompt on which KeepIF alone is right and obeys."""
    policies = [policy for policy in (BEFORE, "correctness only", OURS) if policy in evaluations]
    shown = {policy: next(iter(evaluations[policy].values())) for policy in policies}
    if not shown:
        return {}
    signs = {OURS: 1, "correctness only": -1}
    samples, prompts = (next(iter(shown.values()))[part] for part in ("samples", "prompts"))
    gains = [
        sum(sign * shown[policy]["joint"][at * samples] for policy, sign in signs.items() if policy in shown)
        for at in range(len(prompts))
    ]
    at = int(np.argmax(gains))
    return {"prompt": prompts[at], **{policy: one["completions"][at * samples] for policy, one in shown.items()}}


def values_of(evaluation: Evaluation, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """(numerators, denominators), one a prompt, mean over its samples; a metric that is no ratio is over 1."""
    prompts, samples = len(evaluation["prompts"]), evaluation["samples"]
    if metric == BEST:
        return np.array(evaluation["joint"]).reshape(prompts, samples).max(axis=1), np.ones(prompts)
    values = np.array(evaluation[metric], dtype=float).reshape(prompts, samples, -1).mean(axis=1)
    return values[:, 0], values[:, 1] if values.shape[1] == 2 else np.ones(prompts)


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
    metrics = [metric for metric in METRICS if metric in some or (metric == BEST and some["samples"] > 1)]
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
    """Constraint type → policy → shares kept by the published check and by `math`, and of how many responses."""
    by_type: dict[str, dict[str, list[float]]] = {}
    for policy, by_seed in evaluations.items():
        verdicts: dict[str, list[list[bool]]] = {}
        for kinds in (kinds for one in by_seed.values() for kinds in one.get("types", [])):
            for kind, both in kinds.items():
                verdicts.setdefault(kind, []).append(both)
        for kind, pairs in sorted(verdicts.items()):
            by_type.setdefault(kind, {})[policy] = [*np.mean(pairs, axis=0).tolist(), len(pairs)]
    return by_type


def tables(report: Report) -> str:
    """The report as Markdown: each set of prompts with its constraint types, an example, and what the arms took."""
    lines = []
    for name, one in report["sets"].items():
        lines += [f"{one['prompts']} prompts, {name}:", "", _policies(one, report["steps"]), ""]
        lines += [_types(one), ""] if one["by_type"] else []
    if report["example"]:
        lines += ["One prompt and the responses to it:", ""]
        lines += [part for policy, text in report["example"].items() for part in (f"{policy}:", "", _quoted(text), "")]
    return "\n".join([*lines, _costs(report)])


def _quoted(text: str) -> str:
    return f"```text\n{text.strip()}\n```"


def _policies(one: Report, steps: int) -> str:
    metrics = [metric for metric in METRICS if any(metric in means for means in one["policies"].values())]
    rows = []
    for policy, means in one["policies"].items():
        at = [step for step in means.get("steps", []) if policy != BEFORE and step != steps]
        label = f"{policy}, stopped at step {' and '.join(map(str, at))}" if at else policy
        rows.append([label, *(_cell(means[metric], metric) for metric in metrics)])
    return markdown(["policy", *(METRICS[metric] for metric in metrics)], rows)


def _types(one: Report) -> str:
    policies = [policy for policy, means in one["policies"].items() if "steps" in means]
    rows = []
    for kind, by_policy in one["by_type"].items():
        cells = [f"{100 * by_policy[policy][0]:.0f} ({100 * by_policy[policy][1]:.0f})" for policy in policies]
        rows.append([f"`{kind}`", str(next(iter(by_policy.values()))[-1]), *cells])
    return markdown(["kept, in % (by `math`)", "responses", *policies], rows)


def _costs(report: Report) -> str:
    rows = []
    for name, made in report["costs"].items():
        steps, seconds, tokens = (sum(cost[key] for cost in made) for key in ("steps", "seconds", "tokens"))
        peaks = [cost["peak"] for cost in made if cost["peak"] is not None]
        peak = f"{max(peaks):.1f}" if peaks else "–"
        cells = [f"{steps} of {report['steps']}", f"{seconds:.0f}", f"{tokens / seconds:.0f}", peak]
        rows.append([name, *cells, f"{made[-1]['estimated']:.1f}", made[-1]["device"]])
    return markdown(["training", *COSTS.values(), "device"], rows)


def _cell(mean: dict[str, Any], metric: str) -> str:
    """The mean, its interval over prompts and, after a semicolon, the lowest and the highest seed."""
    scale = 1 if metric in TOKENS else 100
    middle, low, high = (scale * mean[name] for name in ("mean", "low", "high"))
    seeds = [scale * seed for seed in mean["seeds"]]
    spread = f"; {min(seeds):.1f} to {max(seeds):.1f}" if len(seeds) > 1 else ""
    return f"{middle:.1f} ({low:.1f} to {high:.1f}{spread})"
