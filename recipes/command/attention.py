"""`keepif attention`: which words of a prompt a model's answer attends to, on the screen and as a picture."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from keepif.rewards.extras import install
from keepif.trainer.attention.look import Look, look

from ..models import load_model

BARS = "▁▂▃▄▅▆▇█"
WIDEST = 32
"""Bars in a curve on the screen, so that the table fits 80 columns."""
SHADES = ((0, 0, 0), (42, 111, 151))
"""The grounds of the words with the least and with the most attention."""
EXPLANATION = (
    "Shares of the attention on the prompt, its first token aside, means over layers and heads. Attention is a trace "
    "of what a model uses, no proof: an instruction can be followed with little of it, and missed with much."
)


def run(args: argparse.Namespace) -> None:
    """Load the models, let them respond, show and draw."""
    from trl import ModelConfig

    console = Console()
    looks = []
    for name in [args.model, *([args.compare] if args.compare else [])]:
        with console.status(f"{name} responds ..."):
            model, tokenizer = load_model(ModelConfig(model_name_or_path=name))
            looks.append(look(name, model.eval(), tokenizer, args.prompt, args.constraint))
    top = max(share for one in looks for _, share in one.words)
    for one in looks:
        show(console, one, top)
    console.print(EXPLANATION, style="dim")
    console.print(f"picture: {draw(looks, args.output)}", soft_wrap=True, markup=False)


def show(console: Console, one: Look, top: float) -> None:
    """The prompt with its words shaded, the response, and a curve for each sentence."""
    console.rule(one.model)
    console.print(shaded(one, top))
    console.print(f"→ {one.response}", markup=False, highlight=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("share of attention", overflow="fold")
    table.add_column("thinking", justify="right")
    table.add_column("answer", justify="right")
    table.add_column("while it writes (thinking│answer)", no_wrap=True)
    highest = max(value for curve in one.curves.values() for value in curve)
    for sentence in one.curves:
        shares = (one.mean(sentence, answer) for answer in (False, True))
        cells = ["-" if share is None else f"{100 * share:.0f} %" for share in shares]
        table.add_row(Text(sentence), *cells, bars(one, sentence, highest))
    console.print(table)


def shaded(one: Look, top: float) -> Text:
    """The prompt, each word on a ground that is the bluer the more of the answer's attention it gets."""
    text = Text()
    for word, share in one.words:
        depth = share / top if top else 0.0
        red, green, blue = (round(low + depth * (high - low)) for low, high in zip(*SHADES, strict=True))
        text.append(word, style=f"white on rgb({red},{green},{blue})").append(" ")
    return text


def bars(one: Look, sentence: str, highest: float) -> str:
    """A curve as bars, at most `WIDEST`, with a stroke between thinking and answer."""
    curve, step = one.curves[sentence], -(-len(one.tokens) // WIDEST)

    def drawn(values: Sequence[float]) -> str:
        means = [sum(part) / len(part) for at in range(0, len(values), step) if (part := values[at : at + step])]
        return "".join(BARS[round(mean / highest * (len(BARS) - 1))] if highest else BARS[0] for mean in means)

    parts = drawn(curve[: one.answer_from]), drawn(curve[one.answer_from :])
    return "│".join(part for part in parts if part)


def draw(looks: Sequence[Look], path: Path) -> str:
    """Draw the picture to `path`; says what to install where it cannot."""
    try:
        from keepif.trainer.attention.figure import prompt_figure
    except ImportError:
        return f"needs matplotlib: {install('plot')}"
    path.parent.mkdir(parents=True, exist_ok=True)
    prompt_figure(looks).savefig(path, dpi=110)
    return str(path)
