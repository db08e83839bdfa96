"""How many real answers the guard voids, by model and reason, and how much spam.

    python -m tests.benchmarks.measure_guard     # 20 s; writes recipes/results/guard

Real answers are the published ones of eight models to IFEval's prompts that keep all their constraints (strict,
by the published verdicts), the graded solutions of Qwen2.5-Math, and the published solutions of four sets. A loop is
told from an honest answer without the guard: its last 40 characters stand in it five times or more.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

from keepif.rewards import Response, Text, guard
from keepif.rewards.guard import repeated_words
from tests.helpers.spam import LEFT, VOIDED, texts

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
RESULTS = ROOT / "recipes" / "results" / "guard"
SOLUTIONS = {
    "gsm8k_test": ("question", "answer"),
    "math500_test": ("problem", "solution"),
    "minerva_math_test": ("problem", "solution"),
    "aime24_test": ("problem", "solution"),
}
Answer = tuple[str, str, str]
"""Whose it is, its text, and the prompt, which is empty where it is to be repeated."""


def lines_of(path: Path) -> Iterator[Any]:
    return (json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip())


def answers(data: Path) -> Iterator[Answer]:
    asked = {row["key"]: row for row in lines_of(data / "ifeval_oracle" / "en_input_data.jsonl")}
    for path in sorted((data / "ifeval_oracle").glob("*.jsonl")):
        if path.stem == "en_input_data":
            continue
        for row in lines_of(path):
            if row["response"] is not None and all(row["strict"]):
                repeats = any("repeat_prompt" in name for name in asked[row["key"]]["instruction_id_list"])
                yield path.stem, row["response"], "" if repeats else asked[row["key"]]["prompt"]
    for row in lines_of(data / "math" / "qwen25math_math_cot.jsonl"):
        for text, right in zip(row["code"], row["score"], strict=True):
            yield f"Qwen2.5-Math, graded {'right' if right else 'wrong'}", text, row["question"]
    for name, (question, solution) in SOLUTIONS.items():
        for row in lines_of(data / "math" / f"{name}.jsonl"):
            yield f"solutions of {name}", row[solution], row[question]


def ends_in_a_loop(text: str) -> bool:
    return text.count(text.strip()[-40:]) >= 5


def of_real(found: Iterable[Answer]) -> dict[str, dict[str, Any]]:
    """By source: how many answers, how many are voided for each reason, and how many of these end in a loop."""
    table: dict[str, dict[str, Any]] = {}
    for source, text, prompt in found:
        row = table.setdefault(source, {"answers": 0, "voided": Counter(), "loops": 0, "repeated_words": []})
        reason = guard(Response.parse(text), prompt=prompt)
        row["answers"] += 1
        row["repeated_words"].append(repeated_words(Text(text)))
        if reason:
            row["voided"][reason] += 1
            row["loops"] += ends_in_a_loop(text)
    return {source: {**row, "repeated_words": round(fmean(row["repeated_words"]), 2)} for source, row in table.items()}


def of_spam(kinds: dict[str, Callable[..., str]]) -> dict[str, dict[str, Any]]:
    """By kind: how many texts, how many are voided, and the mean of the gauge."""
    table = {}
    for kind, draw in kinds.items():
        spam = texts(draw)
        voided = sum(guard(Response.parse(text)) is not None for text in spam)
        repeated = round(fmean(repeated_words(Text(text)) for text in spam), 2)
        table[kind] = {"texts": len(spam), "voided": voided, "repeated_words": repeated}
    return table


def measured(data: Path) -> dict[str, Any]:
    return {"real": of_real(answers(data)), "spam": of_spam(VOIDED), "left": of_spam(LEFT)}


def markdown(result: dict[str, Any]) -> str:
    lines = [
        "| real answers | answers | voided | of these loops | reasons | repeated words |",
        "|---|---|---|---|---|---|",
    ]
    total: Counter[str] = Counter()
    for source, row in result["real"].items():
        voided = sum(row["voided"].values())
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(row["voided"].items()))
        lines.append(
            f"| {source} | {row['answers']} | {voided} | {row['loops']} | {reasons} | {row['repeated_words']} |"
        )
        total.update(answers=row["answers"], voided=voided, loops=row["loops"])
    lines.append(f"| **all** | **{total['answers']}** | **{total['voided']}** | **{total['loops']}** | | |")
    for title, name in (("spam", "spam"), ("left to the gauges", "left")):
        lines += ["", f"| {title} | texts | voided | repeated words |", "|---|---|---|---|"]
        rows = result[name]
        lines += [
            f"| {kind} | {row['texts']} | {row['voided']} | {row['repeated_words']} |" for kind, row in rows.items()
        ]
        count, voided = (sum(row[key] for row in rows.values()) for key in ("texts", "voided"))
        lines.append(f"| **all** | **{count}** | **{voided}** ({voided / count:.1%}) | |")
    return "\n".join(lines) + "\n"


def main() -> None:
    result = measured(DATA)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "guard.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    (RESULTS / "guard.md").write_text(markdown(result), "utf-8")


if __name__ == "__main__":
    main()
