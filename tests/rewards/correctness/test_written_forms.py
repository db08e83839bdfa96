"""The forms in which right and wrong answers, and golds, are written."""

import pytest

from tests.helpers.grading import grade


@pytest.mark.parametrize(
    ("answer", "gold"),
    [("\\boxed{B. 12}", "B"), ("\\boxed{\\text{(D)}}", "\\textbf{(D)}\\ 24"),
     ("\\boxed{24}", "\\textbf{(D)}\\ 24"), ("Option C is correct.", "C"),
     ("\\boxed{x = 2 \\text{ or } x = 3}", "2,3"), ("\\boxed{1} and \\boxed{-2}", "1,-2"),
     ("\\boxed{2, 3}", "Hence $x=\\boxed{2}$ or $x=\\boxed{3}$."), ("Yes, because 42 is even.", "Yes"),
     ("Monday", "Monday"), ("\\boxed{3:30 \\text{ PM}}", "3:30 p.m."), ('{"answer": 42}', "42"),
     ("<|begin_of_box|>42<|end_of_box|>", "42"),
     ("42<|im_end|>", "42"), ("\\boxed{⅜}", "3/8"), ("\\boxed{0.\\overline{3}}", "1/3"),
     ("\\boxed{12.5\\%}", "12.5"),
     ("The answer is forty-two.", "42"), ("\\boxed{\\text{Twenty one}}", "21"), ("\\boxed{seven cows}", "7"),
     ("\\boxed{0}", "zero"), ("\\boxed{5 km}", "5 kilometers"), ("\\boxed{5 metres}", "5 meters"),
     ("\\boxed{5 mph}", "5 \\text{ miles per hour}"), ("\\boxed{101_{\\text{two}}}", "101_2"),
     ("\\boxed{(D) Both (A) and (B)}", "D"), ("\\boxed{(B)}", "(b) $\\frac{1}{2}$"), ("\\boxed{b}", "(b) 12"),
     ("The answer is (b).", "(b)"), ("\\boxed{\\frac12}", "(b) $\\frac{1}{2}$"),
     ("The answer is **B – an hour**.", "B"),
     ("The answer is B - Berlin.", "B"), ("\\boxed{\\bm{\\frac{2}{5}}}", "2/5"), ("\\boxed{\\text{GBP } 90}", "90"),
     ("\\boxed{\\text{€}90}", "90"), ("\\boxed{ℚ}", "\\mathbb{Q}"), ("\\boxed{B ∩ C}", "B \\cap C"),
     ("So the correct choice is B.", "B"), ("The option is **B. an hour**.", "B"), ("\\boxed{n ≡ 4 (mod 9)}", "4"),
     ("\\boxed{\\equiv 4 \\bmod 9}", "4"), ("\\boxed{\\pmb{12}}", "12"), ("\\boxed{2\\ \\mathrm{m\\,s^{-2}}}", "2"),
     ("\\boxed{\\geq}", "\\geq"), ("\\boxed{\\lt}", "<"), ("\\boxed{\\text{May 3rd}}", "May 3"),
     ("\\boxed{6 \\cdot x^3}", "6x^3"), ("\\boxed{x₁ + 1}", "x_1 + 1"), ("\\boxed{x = 2 \\vee x = 3}", "\\{3, 2\\}"),
     ("\\boxed{8\\pi \\text{ m}^3}", "8\\pi"),
     ("\\boxed{\\frac{8}{3}\\pi m^2}", "\\frac{8\\pi}{3}"), ("\\boxed{\\textbf{Result: } \\frac{2}{5}}", "2/5"),
     ("\\boxed{12 and 36 \\mathrm{min}}", "12 and $36 \\mathrm{~min}$")],
)  # fmt: skip
def test_forms_of_right_answers(answer: str, gold: str) -> None:
    assert grade(answer, gold) == 1.0


@pytest.mark.parametrize(
    ("answer", "gold"),
    [("\\boxed{C. 12}", "B"), ("\\boxed{(B)(C)}", "B"), ("\\boxed{25}", "\\textbf{(D)}\\ 24"),
     ("\\boxed{(D) 25}", "(D) 24"), ("\\boxed{3}", "Hence $x=\\boxed{2}$ or $x=\\boxed{3}$."),
     ("\\boxed{5 \\text{ miles}}", "5 \\text{ km}"), ("\\boxed{e^{-41}}", "e^{-40}"),
     ("\\boxed{\\frac{1}{2006!}}", "\\frac{1}{2004!}"), ("\\boxed{No}", "Yes"),
     ("\\boxed{two thirds}", "2"), ("\\boxed{2-thirds}", "2"), ("\\boxed{one hundred}", "1"),
     ("The answer is forty-two or forty-three.", "42"), ("\\boxed{5 meters}", "5 miles"),
     ("\\boxed{5 cm}", "5 m"), ("\\boxed{5 minutes}", "5 months"), ("\\boxed{101_{\\text{three}}}", "101_2"),
     ("(A) 3\n(B) 4\n(C) 5", "A"), ("The answer is (A) 3 (B) 4.", "A"), ("A. 3 B. 4", "4"),
     ("\\boxed{B) 12, C) 13}", "B"), ("\\boxed{B - 45}", "B"), ("\\boxed{(c)}", "(b) 12"), ("\\boxed{d}", "D"),
     ("\\boxed{x = 2 \\vee x = 4}", "\\{3, 2\\}"), ("\\boxed{(2x)(3x^2)}", "6x^3"), ("\\boxed{5(4y)}", "20y"),
     ("\\boxed{-3b \\cdot 2b}", "-6b^2"), ("The answer is 7 - a", "7"), ("\\boxed{>}", "<"),
     ("The best choice is B flat.", "B"), ("\\boxed{\\text{May 4th}}", "May 3"),
     ("\\boxed{\\begin{pmatrix}1&0\\\\0&2\\end{pmatrix}\\begin{pmatrix}3&0\\\\0&2\\end{pmatrix}}",
      "\\begin{pmatrix}3&0\\\\0&4\\end{pmatrix}")],
)  # fmt: skip
def test_forms_of_wrong_answers(answer: str, gold: str) -> None:
    assert grade(answer, gold) == 0.0
