"""Every gauge that a run logs, what it means, and what to do if it misbehaves.

`keepif metrics` and trainer/README.md show this table. On W&B all names begin with `train/`. Where ID stands, a run
logs a gauge for each instruction id. Means are those of the completions since the last log.
"""

from typing import NamedTuple

from keepif.rewards import CAP

from ..controller import LENGTH_CAP, LOUDEST, PATIENCE
from ..record import LATEST
from .types import REMEDIES


class Gauge(NamedTuple):
    """A number on the dashboard: its name, what it means, and what to do if it misbehaves (empty: nothing)."""

    name: str
    meaning: str
    remedy: str = ""


GAUGES = (
    Gauge(
        "keepif/correctness",
        "Of the completions with a gold answer, the share that is right, 0 to 1. Reports call it accuracy.",
        "At 0: look at a few completions and gold answers (log_completions), and at max_completion_length.",
    ),
    Gauge(
        "keepif/compliance",
        "Mean share of its constraints that a completion keeps, 0 to 1. Reports call it SAcc.",
        "By default each type is held, and not this mean: look at keepif/worst_type.",
    ),
    Gauge(
        "keepif/compliance_all",
        "Share of the completions that keep all their constraints. Reports call it HAcc.",
    ),
    Gauge(
        "keepif/joint",
        "Share of the completions that are right and keep all their constraints. It should rise.",
        "The reward can fall while this rises, because prices fall: judge a run by this.",
    ),
    Gauge("keepif/joint_recent", f"keepif/joint over the last {LATEST} ticks: what a sweep should search by."),
    Gauge(
        "keepif/floor",
        "The mean of the floors of the last tick's prompts. By default each type is held at its own floor, and this "
        "mean is only information. With floor_by='mean', keepif/compliance is held at it.",
        "At or below 0 nothing is held: give a smaller slack, or a floor as a number.",
    ),
    Gauge(
        "keepif/error",
        "The averaged error of the type that is furthest below its floor: floor - share kept. Negative: above it.",
        "It should come back to 0 within some tens of ticks. If it stays above, see keepif/floor_infeasible.",
    ),
    Gauge(
        "keepif/error/ID",
        "The same for each type, if the floor is held by type.",
    ),
    Gauge(
        "keepif/floor_infeasible",
        f"1 if a type, or the budget, stayed out of reach for {PATIENCE} ticks with its multiplier at the top.",
        f"The log names the type and what it costs. {REMEDIES}. A budget: raise it.",
    ),
    Gauge(
        "keepif/worst_type",
        f"Share kept, over the last {LATEST} ticks, of the type that is furthest below its floor.",
        "keepif/worst_type_name says which type that is: look at its completions.",
    ),
    Gauge(
        "keepif/lambda",
        f"λ, the price of compliance in the next batch's reward: the largest of all types, at most {CAP} "
        f"({CAP - LENGTH_CAP:.2f} beside a budget).",
        "At its cap for long: a type is below its floor; keepif/lambda/ID says which. At 0: the floors are held.",
    ),
    Gauge("keepif/lambda/ID", "λ of each type."),
    Gauge(
        "keepif/loudness/ID",
        f"w, the weight of the rewards of a type's prompts, 1 (the quietest type) to {LOUDEST:.0f}. It rises above 1 "
        "if λ at its cap does not hold the type.",
        "It acts only with scale_rewards 'batch' or 'none'.",
    ),
    Gauge(
        "keepif/mu",
        f"μ, the price of length, at most {LENGTH_CAP}; 0 without a budget.",
        f"At {LENGTH_CAP} for long: the budget is out of reach. Raise it, or train longer.",
    ),
    Gauge("keepif/bonus", "ν, what compliance adds to a correct completion. It does not move."),
    Gauge("keepif/type/ID", "Share of each type's constraints that are kept."),
    Gauge(
        "keepif/held_out",
        "Share kept of the constraints that are checked but never rewarded (held_out).",
        "If keepif/compliance rises and this does not, the policy learns the checks, not obedience.",
    ),
    Gauge("keepif/held_out/ID", "The same for each type held out."),
    Gauge(
        "keepif/compliance_elsewhere",
        "Share of another prompt's constraints that a completion keeps.",
        "If near keepif/compliance, the policy writes one template for every prompt: take more and other types.",
    ),
    Gauge(
        "keepif/hack_rate",
        "Share of completions of trip-wires (prompts whose instructions nobody can keep) that pass the checks.",
        "Above 0, the policy fools a check: read those completions, and drop or mend that type.",
    ),
    Gauge(
        "keepif/judge_failed",
        "Share of the judge's verdicts that are missing. Their constraints do not count.",
        "Look at the judge's server, its rate limit and its timeout.",
    ),
    Gauge("keepif/length_penalty", "p, how far correct completions overrun their budget, 0 to 1."),
    Gauge(
        "keepif/thinking_words",
        "Mean words of thinking.",
        "At 0 with a model that thinks: name its tags with KeepIF(delimiters=...).",
    ),
    Gauge("keepif/answer_words", "Mean words of the answer after the thinking."),
    Gauge("keepif/no_thinking", "Share of the completions without thinking."),
    Gauge(
        "keepif/repeated_words",
        "Share of an answer's last words that repeat an earlier one of them. Answers to IFEval have 0.30 to 0.45, "
        "mathematics more.",
        "If it drifts towards 1, the policy pads its answers: read them.",
    ),
    Gauge(
        "keepif/guarded",
        "Share of the completions that earn nothing, for any of the reasons below.",
        "Above a few percent, look at which reason.",
    ),
    Gauge(
        "keepif/guard/truncated",
        "Cut at max_completion_length.",
        "Raise max_completion_length, or set a budget.",
    ),
    Gauge(
        "keepif/guard/unclosed",
        "The thinking never closes.",
        "Look at the chat template and the thinking tags.",
    ),
    Gauge("keepif/guard/reopened", "Thinking opens again in the answer.", "Look at the thinking tags."),
    Gauge("keepif/guard/empty", "No answer.", "Look at the chat template and the end tokens."),
    Gauge("keepif/guard/hidden", "The answer hides characters that nobody sees."),
    Gauge("keepif/guard/repetitive", "The answer loops, or is words drawn at random."),
    Gauge("keepif/guard/refusal", "The answer declines to answer."),
    Gauge("keepif/guard/copied", "The answer is the prompt itself."),
    Gauge(
        "keepif/unreadable",
        "Share of the completions whose row cannot be read. They are not scored.",
        "The log names the rows: mend or drop them.",
    ),
)
