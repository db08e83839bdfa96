"""A sweep of a program that writes a report, with --until=PATH not before PATH followed by its seed is a file."""

from pathlib import Path
from typing import Any

import yaml

PROGRAM = """
import json, sys, time
from pathlib import Path
flags = dict(flag.removeprefix("--").split("=", 1) for flag in sys.argv[1:])
folder, slack, seed = Path(flags["output_dir"]), float(flags["slack"]), int(flags["seed"])
with (folder / "starts").open("a") as starts:
    starts.write("started " + flags.get("resume_from_checkpoint", "") + "\\n")
while "until" in flags and not Path(flags["until"] + flags["seed"]).exists():
    time.sleep(0.05)
def means(change):
    share = {"share": 0.5 + change}
    return {"accuracy": share, "sacc": {"share": 0.7 - change + 0.01 * seed}, "joint": share, "tokens": 30.0}
report = {"step": 2, "max_steps": 2, "before": means(0), "after": means(slack), "floor": {"mean": 0.55},
          "by_type": {}}
(folder / "keepif-report.json").write_text(json.dumps(report))
sys.exit(slack == 0.3)
"""


def sweep_of(folder: Path, **options: Any) -> Path:
    """A sweep file of that program."""
    (folder / "program.py").write_text(PROGRAM)
    asked = {
        "program": str(folder / "program.py"),
        "method": "grid",
        "parameters": {"slack": {"values": [0.1, 0.2]}, "seed": {"values": [0, 1]}},
        "command": ["${interpreter}", "${program}", "${args}"],
    } | options
    (folder / "tried.yaml").write_text(yaml.safe_dump(asked, sort_keys=False))
    return folder / "tried.yaml"
