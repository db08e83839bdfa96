"""The command `keepif`."""

import argparse
import os
from importlib.metadata import version
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="keepif", description="GRPO that keeps its instructions.")
    parser.add_argument("--version", action="version", version=f"keepif {version('keepif')}")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="see the deficit and the cure on this machine, in minutes, without a GPU")
    demo.add_argument("--output_dir", type=Path, default=Path("keepif-demo"), help="where the figure and numbers go")
    demo.add_argument("--seeds", type=int, nargs="+", default=[0], help="one pair of runs for each")
    demo.add_argument("--steps", type=int, help="GRPO steps a run")
    demo.add_argument("--lam", type=float, default=0.3, help="λ, the multiplier of compliance")
    args = parser.parse_args(argv)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging  # heavy: after the arguments are known to be good

    from .demo import run

    logging.disable_progress_bar()

    try:
        run(args.output_dir, seeds=args.seeds, steps=args.steps, lam=args.lam)
    except KeyboardInterrupt:
        parser.exit(130, "\ninterrupted; what was measured so far is in " + str(args.output_dir) + "\n")


if __name__ == "__main__":
    main()
