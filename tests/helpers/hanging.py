"""Strings from which a parser does not come back, or not for long: twelve forms, as many of each as are asked for."""

from collections.abc import Callable

FORMS: tuple[Callable[[int], str], ...] = (
    lambda i: rf"9^{{9^{{9^{9 + i}}}}}",
    lambda i: rf"9^{{9^{{{9 + i}}}}}",
    lambda i: rf"2^{{{10**9 + i}}}",
    lambda i: rf"({10 + i}!)!",
    lambda i: r"\frac{1}{" * 60 + str(2 + i) + "}" * 60,
    lambda i: "(" * 300 + str(2 + i) + ")" * 300,
    lambda i: rf"\sum_{{k=1}}^{{10^{{{9 + i}}}}} k^k",
    lambda i: rf"\int_0^{{{1 + i}}} e^{{\sin x^2}}\cos(x^x) dx",
    lambda i: "{" * 2000 + str(2 + i) + "}" * 2000,
    lambda i: rf"7^{{7^{{7^{7 + i}}}}} \mod 10",
    lambda i: rf"\binom{{10^{8 + i}}}{{5 \cdot 10^{7 + i}}}",
    lambda i: f"({', '.join(map(str, range(i, 800 + i)))})",
)


def hanging(count: int = len(FORMS)) -> list[str]:
    """So many of them, all different."""
    return [FORMS[i % len(FORMS)](i // len(FORMS)) for i in range(count)]
