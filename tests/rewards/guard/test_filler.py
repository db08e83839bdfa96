"""Loops, circles and words drawn at random; and what repeats itself for a reason."""

from itertools import permutations, product

import pytest

from keepif.rewards import Response, Text, guard
from keepif.rewards.guard import repeated_words
from tests.helpers.spam import LEFT, VOIDED, texts


@pytest.mark.parametrize(
    "text",
    [
        "keyword " * 200,
        "p p p " * 100,
        "\n" * 500 + "x",
        "a" * 5000,
        "wait, let me think again " * 60,
        "The answer was found above, and it has been given in the box as the problem asks. " * 20,
        " ".join(map(str, range(300))),
        " ".join(f"wait {i}" for i in range(300)),
        " ".join(f"step{i}" for i in range(300)),
        r"The answer is \boxed{42}. " + "so it goes on and on " * 100 + "and that is all.",
    ],
)
def test_filler(text: str) -> None:
    assert guard(Response.parse(text)) == "repetitive"


def lines(form: str, count: int, start: int = 1) -> str:
    """A list of `count` lines: `form` with n, its square, its cube and what is left of it modulo 13."""
    rows = (form.format(n=n, s=n * n, c=n**3, r=n * n % 13, t=n * (n + 1)) for n in range(start, start + count))
    return "\n".join(rows)


@pytest.mark.parametrize("count", [9, 20, 40, 80])
@pytest.mark.parametrize(
    "form",
    [
        "Case {n}: if $n \\equiv {n} \\pmod{{13}}$, then $n^2 \\equiv {r} \\pmod{{13}}$.",
        "$3^{{{n}}} \\equiv {r} \\pmod{{101}}$",
        "Day {n}: she saves ${s}, so she has ${t} in all.",
        "Day {n}: {s} pages",
        "{n}. {s} red and {t} blue",
        "| {n} | {s} | {c} |",
        "f({n}) &= {n}^2 + {n} = {t} \\\\",
        "a_{{{n}}} = a_{{{n}}} + {s} = {c}",
        "({n}, {s}),",
        "{s},",
        "x{n} = f(x{n})",
        "${c} = {n} \\cdot {s} + {r}$",
        "\\frac{{1}}{{{n} \\cdot {s}}} +",
        "{n} × {s} = {c}",
        "{n} is not prime, because {s} is its square.",
        "Year {n}: ${s}.00 × 1.05 = ${c}.00",
    ],
)
def test_a_list_is_no_filler(form: str, count: int) -> None:
    text = f"We list them.\n{lines(form, count)}\nSo there are \\boxed{{{count}}} of them."
    assert guard(Response.parse(text)) is None


def matrix(size: int) -> str:
    rows = (" & ".join("1" if i == j else "0" for j in range(size)) for i in range(size))
    return "\\begin{pmatrix}\n" + " \\\\\n".join(rows) + "\n\\end{pmatrix}"


@pytest.mark.parametrize(
    "text",
    [
        "* Done.\n" * 5,
        "\n".join(f"{' '.join(tosses)} has {tosses.count('H')} heads" for tosses in product("HT", repeat=5)),
        ", ".join("".join(order) for order in permutations("ABCDE")),
        matrix(12),
        matrix(16),
        "In binary it is " + "10" * 110 + r". \boxed{42}",
        "The period is 0." + "142857" * 20 + "..., and so on.",
        "\n".join(f"{a} {b} | {a and b}" for a, b in product((True, False), repeat=2)),
        "\n".join(f"{i}. {first}{second}ANA" for i, (first, second) in enumerate(product("ABCDEJKLM", "eio"))),
        "Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, life is but a dream. " * 2,
    ],
)
def test_what_repeats_itself_for_a_reason(text: str) -> None:
    assert guard(Response.parse(text)) is None


@pytest.mark.parametrize("kind", VOIDED)
def test_spam_is_guarded(kind: str) -> None:
    spam = texts(VOIDED[kind])
    assert sum(guard(Response.parse(text)) is not None for text in spam) >= 0.95 * len(spam)


def test_repeated_words_tell_a_loop_from_prose() -> None:
    """The gauge of what the guard leaves: near 1 in circles, far below in prose, and 0 where there are no words."""
    prose = "We add the two numbers and divide by their difference, which leaves seven as the only whole solution."
    assert repeated_words(Text("the year the day " * 30)) > 0.95
    assert repeated_words(Text(prose)) < 0.2
    assert repeated_words(Text("")) == 0


@pytest.mark.parametrize("kind", LEFT)
def test_the_gauge_shows_what_the_guard_leaves(kind: str) -> None:
    """Published answers to IFEval have .30 to .45 of their words repeated, on average by model but the smallest."""
    spam = texts(LEFT[kind])
    assert sum(repeated_words(Text(text)) for text in spam) > 0.48 * len(spam)
