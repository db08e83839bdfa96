"""SmolLM2-135M-Instruct learns to think, and is then trained on correctness alone, in published ways and with KeepIF.

    python -m keepif.recipes.experiments.thinking_model --scale cpu --arms "correctness only" KeepIF --minutes 60
    python -m keepif.recipes.experiments.thinking_model --scale gpu --seeds 0 1 --samples 4 --ifeval FILE --minutes 9

In stages: a cold start, the choice of the constraint types, the arms, the measurement. What has ended is on disk and
is not done again; what was stopped, by the clock or by a kill, goes on when the same command is given again.
"""

import argparse

from rich.console import Console

from ...plainly import plainly
from ...train import parse
from ..real_model.command import compare, parser_of, plan_of, prepare, sampling_of, sets_of
from ..real_model.run import Clock, let_go
from ..real_model.training import OutOfTimeError
from .choice import choose
from .cold_start import cold_start
from .scale import SCALES

NAME = "thinking"


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = parser_of(str(__doc__).splitlines()[0], "runs/thinking")
    parser.add_argument(
        "--scale", choices=SCALES, default="cpu", help="how large all stages are, and for which device"
    )
    parser.set_defaults(samples=4)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args, console = arguments(argv), Console()
    clock, scale = Clock.of(args.minutes), SCALES[args.scale]
    prepare()
    with plainly("keepif.recipes.experiments.thinking_model"):
        _, grpo_args, _ = parse(["--config", scale.config, *scale.flags])
        sampling = sampling_of(grpo_args)
        try:
            model = cold_start(scale, sampling.max_tokens, args.work_dir / "cold_start", clock.training)
            choice = choose(scale, model, sampling, args.work_dir / "choice.json", clock.training)
        except OutOfTimeError as stopped:
            console.print(f"{stopped}: the same command goes on there", markup=False, soft_wrap=True)
            return
        let_go()
        args.output_dir.mkdir(parents=True, exist_ok=True)
        (args.output_dir / "choice.md").write_text(choice.table() + "\n")
        console.print(choice.table(), markup=False, soft_wrap=True)
        chosen = (*scale.flags, f"--model_name_or_path={model}", "--constraint_types", *choice.trained)
        plan = plan_of(args, scale.config, chosen)
        sets = sets_of(plan, args, choice.held_out)
    compare(plan, sets, clock, args.output_dir, NAME)
