"""One KeepIF is one run's."""

from pathlib import Path

import pytest

from keepif.trainer import ConfigError, KeepIF
from tests.helpers.grpo import build, trainer_of


def test_a_second_trainer_is_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    build(tmp_path / "first", keepif)
    with pytest.raises(ConfigError, match=r"attached already.* make a new KeepIF\(\) for each trainer"):
        build(tmp_path / "second", keepif)


def test_a_second_attach_is_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    trainer = build(tmp_path, keepif)
    with pytest.raises(ConfigError, match=r"call attach\(\) once"):
        keepif.attach(trainer)


def test_a_second_keepif_is_refused(tmp_path: Path) -> None:
    one, other = KeepIF(), KeepIF(floor=0.9)
    trainer = trainer_of(tmp_path, [one.reward, other.reward])
    one.attach(trainer)
    with pytest.raises(ConfigError, match=r"another KeepIF is attached to this trainer.* with one KeepIF"):
        other.attach(trainer)


def test_what_was_refused_can_be_attached_once_it_is_mended(tmp_path: Path) -> None:
    keepif = KeepIF()
    trainer = trainer_of(tmp_path, keepif.reward, remove_unused_columns=True)
    with pytest.raises(ConfigError, match="set it to False"):
        keepif.attach(trainer)
    trainer.args.remove_unused_columns = False
    keepif.attach(trainer)
