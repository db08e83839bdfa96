r"""Pairs of a gold answer and an answer out of math-verify's own tests, chosen and written anew as data.

Source: huggingface/Math-Verify, tests/test_all.py, test_yujianll.py and test_mixed_number_extraction.py (Apache-2.0).
Their long solutions stand here as the short sentences that mattered in them. Left out is 0 for "4 0/0", on which
math-verify's verdict differs from process to process.
"""

NUMBERS = (
    ("-5", "-5"), ("7425000", "7,425,000"), ("1000", "1 000"), ("1000", "1000.0"), ("1000.0", "1,000.0"),
    ("1000.99", "1000,99"), ("1,22", "1.22"), ("0.4", ".4"), ("1000.99", "1,000.99"), ("1000.99", r"\$1,000.99"),
    ("1000.99", "1,000.99€"), ("0,111", "0.111"), ("2", "AZYUK2A"), ("12000023", r"12,\!000,\!023"),
    ("14916", "14{,}916"), ("16386.20", r"\$16,\!386.20"), ("32349", r"32,\! 349"), ("32349", "32, 349"),
    ("10455", "10,455"), ("5866608", "5866608"), ("4.123105625617661", r"\sqrt{17}"), ("4", r"4\sqrt{2}"),
    (r"\text{13}", "13"), ("42", "42."), ("2", "2^{10}."), ("1", "1/3."),
)  # fmt: skip
FRACTIONS = (
    ("10/9", r"\frac{10}{9}"), ("-10/9", r"-\frac{10}{9}"), ("1/3", r"\frac13"), ("1", r"\frac3{3}"),
    (r"\sqrt{3}", r"\sqrt3"), ("1/3", r"\cfrac{1}{3}"), ("1/3", r"\dfrac{1}{3}"), ("1/3", r"\tfrac{1}{3}"),
    ("1/3", r"\left( \frac{1}{3} \right)"), ("1/3", r"\frac{1}{3} \text{meters}"),
    ("1/3", r"\frac{1}{3} \textbf{meters}"), ("1/3", r"k = \frac{1}{3}"), (r"\frac{1}{12}", "0.0833333333333333"),
    (r"\frac{1}{3}", "0.3333"), (r"\frac{14}{3}", r"\frac{14}{3}"), (r"\frac{9}{4}\pi", r"\frac94\pi"),
    (r"\frac{5\sqrt{42}}{27}", r"\frac{10\sqrt{10.5}}{27}"), (r"\frac{1}{3}", r"\frac{1}{3} ."),
    (r"\frac{1}{3}", r"\frac{1}{3},"),
)  # fmt: skip
MIXED = (
    ("40/9", "4 4/9"), ("4", "4 4/9"), ("-40/9", "-4 4/9"), ("71/6", "11 5/6"), ("71/6", "+11 5/6"), ("4/9", "0 4/9"),
    ("4", "4 0/9"), ("9004/9", "1 000 4/9"), ("4", "4 4/0"), ("12", "11 6/6"), ("11", "11 6/6"),
    ("73/6", "11 7/6"), ("139/90", "11/10 4/9"), ("103/9", "11.0 4/9"), ("103/9", "11 + 4/9"), ("95/9", "11 - 4/9"),
    ("40/9", "4 + 4/9"), ("5", "10/2"), ("5", r"\$5.00"), ("2", "4 4/9 2"),
)  # fmt: skip
PERCENT = (
    (r"28\%", "28 percent"), (r"28\%", "28 pct"), (r"28\%", "28 %"), (r"28\%", r"28\%"), (r"28\%", "28 percentage"),
    (r"28\%", "28"), ("0.28", "28"), ("28/100", "28"), ("28", "28/100"), (r"\frac{28}{100}", "28"),
    (r"28*\frac{1}{100}", "28"), ("20", r"20 \%"), ("100", r"100\%"), ("40/900", r"4 4/9\%"), ("7/25", r"28\%"),
)  # fmt: skip
SETS = (
    ("[0,1)", "[0,1)"), ("[0,9)", "[0,1)"), ("(0,9)", "[0,9)"), ("1", "-[0,1)"), ("[0,1)", "(0, 1)"),
    ("(7,6)", "(7, 6)"), (r"(3, \frac{\pi}{2})", r"\left( 3, \frac{\pi}{2} \right)"), ("(6,31,-1)", "(6,31,-1)"),
    (r"\{1\pm\sqrt{5},-2\}", r"\{1\pm\sqrt{5},-2\}"), (r"\{-1\} \cup [0,7)", r"\{-1\} \cup [0,7)"),
    (r"[-1, -\frac{1}{2}) \cup (-\frac{1}{2}, 0) \cup (0, 1)", r"[-1, -\tfrac12) \cup (-\tfrac12, 0) \cup (0, 1)"),
    (r"(2, 12) \cup (12, 102)", r"(2,12) \cup (12,102)"), ("[-2, 7]", r"x \in [-2,7]"),
    ("(-6, 10)", r"x \in (-6, 10)"),
    (r"-2 \le x \le 7", r"x \in [-2,7]"), (r"x \in [-2,7]", r"-2 \le x \le 7"), ("(3,1)", r"\{1,3\}"),
    ("(1,3)", r"\{1,3\}"), (r"(\frac{3}{5},\frac{8}{3}]", "(0.6,2.6667]"), (r"(1,\frac{9}{2})", "(1,4.5)"),
    (r"(\tfrac{27}{8},\tfrac{15}{8})", "(0, 0)"), ("(1,2)", "(1,2)."), ("-2,1", "-2,1"), ("1, 2, 3", "1, 2, 3, ..."),
    ("n=1, 2, 3", "n=1, 2, 3"), ("n=2, 3, 4", "n=1, 2, 3"), ("D = (0, 1)", "D = (0, 1)"),
    ("D = (0, 1)", "D = (0, 1.5)"),
    ("19, 46, and 82", r"19, 46, \text{ and } 82"), ("19, 46, and 82", "21, 36, and 82"), (r"\pm 2021", "2021"),
    (r"\pm 2021", r"\{-2021, 2021\}"), (r"12\text{ and }13", r"12 \text{ and } 13"), ("1,-2", r"-2 \text{ and } 1"),
)  # fmt: skip
EXPRESSIONS = (
    ("10", "(9+1)"), ("2-2p", "2-2p"), (r"3\sqrt{13}", r"3\sqrt{13}"), (r"1 \pm \sqrt{19}", r"1 \pm \sqrt{19}"),
    (r"3 \pm 2 \sqrt{2}", r"3 \pm 2 \sqrt{2}"), (r"2 \sin b \cos a", r"2 \sin b \cos a"),
    (r"\frac{\pi r}{h+r}", r"\frac{\pi r}{h+r}"), (r"\sqrt{2}+\sqrt{5}", r"\sqrt 2+\sqrt 5"),
    (r"\frac{x+2}{7}", r"\frac{x}{7}+\frac{2}{7}"), (r"\tan^2(y)+1", r"\sec^2(y)"), ("(a+5)(b+2)", "(+5)(b+2)"),
    ("2", r"\frac{1+\sqrt{5}}{2}"), ("4", r"\frac{34}{16}+\frac{\sqrt{1358}}{16}"), (r"1\sqrt{19}", "1"),
    (r"\frac{\sqrt{\sqrt{11}+\sqrt{194}}}{15+2\sqrt{33}}", r"\frac{\sqrt{\sqrt{11}+\sqrt{194}}}{2\sqrt{33}+15}"),
    ("x+2n+1", "x+1"), (r"1 - \frac{1}{\mathrm{e}}", r"1 - \frac{1}{\mathrm{e}}"),
    (r"1 - \frac{1}{\mathrm{e}}", r"1 + \frac{1}{\mathrm{e}}"), (r"\sqrt{2}", r"\sqrt{2}."),
    (r"F_n = \sum_{k=0}^{n-1} F_k F_{n-k-1}", r"F_n = \sum_{k=0}^{n-2} F_k F_{n-k-2}"),
    (r"F_n = \sum_{k=0}^{n-1} F_k F_{n-k-1}", r"F_n = \sum_{k=0}^{n-1} F_{n-k-1} F_k"),
)  # fmt: skip
RELATIONS = (
    ("x >= 5", r"x \geq 5"), ("x < 3", r"x \lt 3"), (r"x \leq 2", "x <= 2"), ("x > 5", r"x \gt 5"),
    ("x != 3", r"x \neq 3"), ("x > 5", "x < 5"), (r"x \geq 5", r"x \leq 5"), (r"x \neq 5", "x != 5"),
    (r"x \leq 5", r"5 \geq x"), (r"x \geq 5", r"5 \leq x"), ("x = 11", "x = 5+5+1 = 7 =11"), ("7 = 11a+c", "11a+c"),
    ("x = 1/3", r"x = 5+5+1 = 1/3 \approx 11"), ("11", "x=11"), ("11", r"x\approx11"), ("1/3", r"x=1/3\approx1.3"),
    ("x < 1", "-x > -1"), ("x < 1", "x > -1"), ("x <= 1", "-x >= -1"), ("a +3z = 0", "0"), ("2x + z = 1", "1"),
    ("a^2 + b = 0", "0"), ("k=1", "1"), ("1", "k=1"), ("z = 1 + 1 = 2", "z = 3+3 = 2"), ("z = 1 + 1 = 2", "z = 2"),
    ("2x+4y-3=0", r"y=-\frac{1}{2}x+\frac{3}{4}"), ("x^2/4 + y^2/3 = 1", "x^2/16 + y^2/12 = 1/4"),
    ("34x+45y-20z+100=0", "-34x-45y+20z-100=0"), ("x-2y+z-1=0", "x-2y+z-1=0"),
    ("f(2) < f(1) < f(4)", "f(2) < f(1) < f(4)"),
)  # fmt: skip
MATRICES = (
    (r"\begin{pmatrix}1 & 0 \\ 0 & 1\end{pmatrix}", r"\begin{pmatrix}1 & 0 \\ 0 & 1\end{pmatrix}"),
    (r"\begin{bmatrix}0 & 0 \\0 & 0\end{bmatrix}", r"\begin{pmatrix}0 & 0 \\0 & 0\end{pmatrix}"),
    (r"\begin{pmatrix}1 & 2 \\3 & 4\end{pmatrix}", r"\left[\begin{array}{cc}1 & 2 \\3 & 4\end{array}\right]"),
    (r"\begin{pmatrix}\frac{1}{2} & 3 \\ 5 & 7\end{pmatrix}", r"\begin{pmatrix}\frac12 & 3 \\ 5 & 7\end{pmatrix}"),
    (r"\begin{pmatrix}6 & 8\end{pmatrix}", r"\begin{pmatrix}1 & 2\end{pmatrix} + \begin{pmatrix}5 & 6\end{pmatrix}"),
    (r"\begin{pmatrix}1 & 2 \\ 3 & 4\end{pmatrix}", r"\begin{pmatrix}1 & 2 \\ 3 & 5\end{pmatrix}"),
    (r"\begin{pmatrix}-\frac{7}{4}&-2\\4&\frac{1}{4}\end{pmatrix}",
     r"\begin{pmatrix}-\frac{7}{4}&-2\\4&\frac{1}{4}\\\end{pmatrix}"),
    (r"\begin{pmatrix}\frac{1}{3}\\ \frac{1}{5}\end{pmatrix}", r"\begin{pmatrix}0.33\\0.2\end{pmatrix}"),
)  # fmt: skip
WORDS_AND_UNITS = (
    (r"\text{Evelyn}", r"\text{Evelyn}"), (r"\text{C}", r"\text{(C)}"), (r"\text{E}", "E"), (r"90^\circ", r"90^\circ"),
    (r"15\mbox{ cm}^2", r"15\mbox{ cm}^2"), ("125", r"125\textnormal{ miles}"), ("5", r"5 \text{ cm}."),
    ("9", r"9 \pmod{11}"), ("204_5", "204_5"), ("1112112_3", "1112122_3"), ("12:00", "1:00"), ("12:00", "12:00"),
)  # fmt: skip
VALUES = (
    *NUMBERS, *FRACTIONS, *MIXED, *PERCENT, *SETS, *EXPRESSIONS, *RELATIONS, *MATRICES, *WORDS_AND_UNITS,
)  # fmt: skip
"""Gold answer, and what the answer boxes."""

TEXTS = (
    ("9", r"Answer \[ 9 \]"), ("9", "Answer $ 9 $"), ("9", r"Answer \( 9 \)"), ("9", "The answer is $$ \n 9 \n $$"),
    ("2.74", "Soucis : 2,74 $ a.."), ("1000.99", "the number is not 10 which is 1,000.99€"),
    ("1000.99", "so the number is 10 which is 1,000.99m²"), (r"28\%", "The answer is 28 percent."),
    (r"28\%", r"It is $\boxed{28}$ pct"), ("1/3", r"So $\frac{1}{2} = \frac{1}{3}$"),
    ("34", "Final Answer: The largest $n$ is 34."),
    ("12", "Therefore, there are 12 such sequences. I hope it is correct."),
    ("2/3", "P(A) = 2/3 Therefore, it is 2/3."),
    ("120", "Final Answer: The volume of $ABCDEFGH$ is 120. I hope it is correct."),
    ("3", "So it is $t = 3 + 5 = 8$. Final Answer: Jane started 3 hours ago."),
    ("100", "The error increases by 100%."),
    ("7.78", "So she pays about $7.78. Final Answer: The final answer is 7.78."),
    ("200", r"So \boxed{255}. Final Answer: The final answer is $200$."),
    ("10455", r"First \boxed{200}. Then \boxed{255}. Final Answer: The final answer is $10,455$."),
    ("[-3,2]", r"It is $\boxed{[-3, 2]}$. Final Answer: $[-3, 2]$. Let me correct it: $\boxed{(-\infty, -3]}$."),
    ("14916", r"Thus it is $14{,}940$. Final Answer: The final answer is $14{,}916$."),
    ("1,-2", r"They are \[ \boxed{-2} \quad \text{and} \quad \boxed{1}. \]"), ("1,2", r"$\boxed{1}\boxed{2}$"),
    ("90^\\circ", r"\begin{align*} \angle BAC &= 50^\circ+40^\circ \\ &= \boxed{90^\circ}. \end{align*}"),
    ("9", r"So $129^{34}+96^{38} \equiv \boxed{9} \pmod{11}.$"),
    ("125", r"The distance is $\boxed{125\textnormal{ miles}}.$"),
    ("40/9", "The answer is 4 4/9."), ("4", "The answer is 4 4/9."), ("12", "The answer is 11 6/6."),
    ("4/9", "There are 4 objects and 4/9 remain."), ("189", "**Final Answer**\n\\boxed{189}\n"),
    ("(-6, 10)", r"It is \( x \in (-6, 10) \). Final Answer: The final answer is \((-6, 10)\)."),
    ("1/3", r"The answer is $\frac{1}{3}.$"), ("1", r"The answer is $1/3.$"),
    ("20", r"It is $\frac15=\boxed{20 \%}.$"),
    ("x-2y+z-1=0", r"Thus $\boxed{x-2y+z-1=0}.$ Final Answer: The final answer is $x-2y+z-1=0$."),
)  # fmt: skip
"""Gold answer, and a whole answer."""
