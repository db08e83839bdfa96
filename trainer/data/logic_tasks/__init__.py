"""Logic tasks: procedures in English with state trackers, to be executed by hand, in LogicIFEval's format.

One random syntax tree gives the English, a Python program of the same meaning, and the exact answer (arXiv 2508.09125
for the format, the score and the filters; trees and sentences are our own).
"""

from .rows import logic_dataset, logic_rows, training_row

__all__ = ["logic_dataset", "logic_rows", "training_row"]
