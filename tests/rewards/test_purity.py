"""`keepif.rewards` is pure."""

import subprocess
import sys


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys, keepif.rewards\n"
        "heavy = ('torch', 'trl', 'transformers', 'sympy', 'numpy', 'datasets', 'langdetect')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_batch_is_scored_without_torch_and_trl() -> None:
    code = (
        "import sys\n"
        "sys.modules |= dict.fromkeys(('torch', 'trl', 'transformers', 'accelerate', 'datasets', 'peft'))\n"
        "from keepif.rewards import keepif_reward\n"
        "told = {'instruction_id_list': [['punctuation:no_comma']] * 2, 'kwargs': [[{}]] * 2}\n"
        "said = ['It is surely \\\\boxed{4}', 'So, it is surely \\\\boxed{5}']\n"
        "print(keepif_reward(completions=said, answer=['4', '4'], **told))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[1.0, 0.0]", done.stderr
