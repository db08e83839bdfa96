"""keepif constraints: what it lists, shows and says of a text."""

import io

import pytest

from keepif.recipes.command.cli import main
from keepif.recipes.command.constraints import fields_of
from keepif.rewards.constraints import REGISTRY

BOTH = '[{"instruction_id": "punctuation:no_comma"}, {"instruction_id": "startend:quotation"}]'


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["constraints", *argv])
    out, err = capsys.readouterr()
    return int(left.value.code or 0), " ".join(out.split()), " ".join(err.split())


def test_list_and_search(capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{len(REGISTRY)} types" in said(capsys)[1]
    status, out, _ = said(capsys, "list", "comma")
    assert status == 0
    assert "punctuation:no_comma" in out
    assert "1 type with 'comma'" in out


@pytest.mark.parametrize("columns", ["80", "100"])
def test_a_list_is_whole_on_a_narrow_screen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    with pytest.raises(SystemExit, match="0"):
        main(["constraints", "list"])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= int(columns)
    words = {word for line in lines for word in line.split()}
    assert {*REGISTRY} <= words
    assert {f"--{field.name}" for definition in REGISTRY.values() for field in fields_of(definition)} <= words


@pytest.mark.parametrize("instruction_id", sorted(REGISTRY))
def test_show(capsys: pytest.CaptureFixture[str], instruction_id: str) -> None:
    status, out, _ = said(capsys, "show", instruction_id)
    assert status == 0
    assert "reading official" in out


@pytest.mark.parametrize(
    ("argv", "text", "status"),
    [
        (["keywords:existence", "--keywords", "alpha", "beta"], "We take alpha, then beta.", 0),
        (["keywords:existence", "--keywords", "alpha", "beta"], "We take alphabeta.", 1),
        (["keywords:existence", "--keywords", "alpha", "--reading", "official"], "We take alphabeta.", 0),
        (["length_constraints:number_words", "--num_words", "9", "--relation", "less than"], "It is 42 now.", 0),
        (["punctuation:no_comma"], "<think>One, two.</think>It is 42 now.", 0),
        (["composition:and", "--parts", BOTH], '"It is 42 now."', 0),
    ],
)  # fmt: skip
def test_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, argv: list[str], text: str, status: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    found, out, _ = said(capsys, "check", *argv)
    assert found == status
    assert "math:" in out
    assert "official:" in out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["check", "keywords:existense"], "did you mean keywords:existence?"),
        (["check", "keywords:existence"], "kwarg 'keywords' is missing"),
        (["check", "length_constraints:number_words", "--num_words", "many"], "invalid int value: 'many'"),
        (["show", "nothing"], "unknown instruction id 'nothing'"),
    ],
)
def test_mistakes_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, argv: list[str], message: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    status, _, err = said(capsys, *argv)
    assert status == 2
    assert message in err
