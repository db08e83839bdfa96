"""A tree as a procedure in English, in LogicIFEval's three sections: INPUTS, LOGICS, OUTPUTS."""

import random

from . import tree
from .phrases import PHRASES, Split

DIVISION = (
    "All values are whole numbers. Divisions leave no fractions: 17 divided by 5 is 3 when rounded down, and the "
    "remainder is 2. Only numbers that are 0 or more are ever divided."
)


class Narrator:
    """Draws a sentence for every node, by `rng` from the bank of `split`."""

    def __init__(self, rng: random.Random, split: Split) -> None:
        self.rng = rng
        self.split: Split = split

    def description(self, program: tree.Program) -> str:
        trackers = ", ".join(program.trackers)
        helpers = [line for helper in program.helpers for line in self._helper(helper)]
        steps = ["1. " + self._say("counters", trackers=trackers), *self._steps(program.body, "", 2)]
        return "\n\n".join(
            [
                f"INPUTS: {self._say('inputs', number=tree.NUMBER, list=tree.LIST)} {DIVISION}",
                "LOGICS:\n" + "\n".join([*helpers, "The steps, in order:", *steps]),
                f"OUTPUTS: {self._say('outputs', result=program.result, trackers=trackers)}",
            ]
        )

    def _say(self, kind: str, **parts: object) -> str:
        return self.rng.choice(PHRASES[kind][self.split]).format(**parts)

    def _helper(self, helper: tree.Helper) -> list[str]:
        name, condition = helper.name, self._condition(helper.condition)
        return [
            self._say("helper", helper=name, parameter=tree.PARAMETER),
            f"{name}.1. " + self._say("starts", helper=name, tracker=helper.tracker),
            f"{name}.2. " + self._say("then return", helper=name, condition=condition, value=self._value(helper.then)),
            f"{name}.3. " + self._say("return", helper=name, value=self._value(helper.otherwise)),
        ]

    def _steps(self, block: tree.Block, parent: str, first: int = 1) -> list[str]:
        """Numbered lines, each nested step below the one it belongs to."""
        lines = []
        for number, statement in enumerate(block, first):
            label = f"{parent}{number}"
            indent = "  " * label.count(".")
            lines += [f"{indent}{label}. {self._sentence(statement, label)}"]
            lines += self._steps(tree.inside(statement), f"{label}.")
        return lines

    def _sentence(self, statement: tree.Statement, label: str) -> str:
        match statement:
            case tree.Set(name, value):
                kind = "update" if name in tree.names(value) else "set"
                parts = {"name": name, "value": self._value(value)}
            case tree.Bump(tracker):
                kind, parts = "bump", {"tracker": tracker}
            case tree.If(condition, then, otherwise):
                kind = "if else" if otherwise else "if"
                parts = {"condition": self._condition(condition), "then": _reference(label, 1, len(then))}
                parts["otherwise"] = _reference(label, len(then) + 1, len(then + otherwise))
            case tree.Each(name, body):
                kind, parts = "each", {"list": tree.LIST, "name": name, "body": _reference(label, 1, len(body))}
            case tree.Count(name, last, body):
                kind, parts = "count", {"name": name, "last": last, "body": _reference(label, 1, len(body))}
            case tree.While(condition, body):
                kind = "while"
                parts = {"condition": self._condition(condition), "body": _reference(label, 1, len(body))}
        return self._say(kind, **parts)

    def _condition(self, condition: tree.Comparison) -> str:
        left, right = self._value(condition.left), self._value(condition.right)
        return self._say(condition.relation, left=left, right=right)

    def _value(self, expression: tree.Expression) -> str:
        match expression:
            case tree.Number(value):
                return str(value)
            case tree.Name(name):
                return name
            case tree.Call(helper, argument):
                return self._say("call", helper=helper, argument=self._part(argument))
            case tree.Arithmetic(operation, left, right):
                return self._say(operation, left=self._part(left), right=self._part(right))

    def _part(self, expression: tree.Expression) -> str:
        written = self._value(expression)
        return written if isinstance(expression, tree.Number | tree.Name) else f"({written})"


def _reference(label: str, first: int, last: int) -> str:
    if first == last:
        return f"step {label}.{first}"
    return f"steps {label}.{first} {'and' if last == first + 1 else 'to'} {label}.{last}"
