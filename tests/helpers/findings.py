"""What the doctor finds in the smallest recipe."""

from keepif.recipes.doctor.doctor import examine
from keepif.recipes.doctor.findings import Finding
from keepif.recipes.doctor.memory import Engine
from keepif.recipes.train import CONFIGS

TINY = CONFIGS / "tiny_cpu.yaml"


ENGINES = CONFIGS.parent / "accelerate_configs"


def findings_of(
    *flags: str, engine: Engine | None = None, gpu_memory: float | None = None, sample: bool = False
) -> list[Finding]:
    return examine(TINY, list(flags), engine or Engine(), gpu_memory, sample)


def bad(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level in {"fail", "warn"}]
