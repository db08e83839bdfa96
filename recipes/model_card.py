"""The model card of a run: TRL's, and what KeepIF held."""

import shlex
import sys
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard
from trl import GRPOTrainer

from keepif.trainer.report import report, tables

COMMAND = "accelerate launch -m keepif.recipes.train"
BEFORE = "### Framework versions"
"""The heading of TRL's card that ours goes before."""
UNKNOWN = "[None](https://huggingface.co/None)"
"""What TRL's card calls a model that is a folder."""


class CardTrainer(GRPOTrainer):
    """GRPO, with a model card that says how the model kept its instructions."""

    base_model = ""
    """What the recipe calls the model that is trained."""

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """TRL's card as README.md in `output_dir`, and in it the command, and the run's report if there is one."""
        super().create_model_card(*args, **kwargs)
        path = Path(self.args.output_dir or "") / "README.md"
        if self.accelerator.is_main_process and (path.parent / report.NAME).exists():
            card = ModelCard.load(path)
            ours = section(report.load(path.parent), shlex.join(sys.argv[1:]))
            text = card.text.replace(UNKNOWN, f"`{self.base_model}`")
            card.text = text.replace(BEFORE, f"{ours}\n{BEFORE}", 1)
            card.save(path)


def section(found: dict[str, Any], flags: str) -> str:
    """What the card says of KeepIF: the command, the settings that hold the floor, before and after."""
    held = ", ".join(f"{name} {found['settings'][name]}" for name in ("floor", "slack", "floor_by", "budget", "bonus"))
    return (
        "### Instruction following\n\n"
        f"Trained with [KeepIF](https://github.com/keepif/keepif) {found['keepif']} ({held}), up to step "
        f"{found['step']} of {found['max_steps']}:\n\n    {COMMAND} {flags}\n\n{tables.markdown(found)}"
    )
