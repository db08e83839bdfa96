"""A tree as a Python program, and the published score of how complex that is."""

import ast
from typing import Any

from . import tree

CONTROL = (ast.If, ast.For, ast.While)


def python(program: tree.Program) -> str:
    """The source of `def f(x, numbers)`, which returns `(output, stats)`."""
    stats = ", ".join(f"'{tracker}': {tracker}" for tracker in program.trackers)
    inside = [f"{tracker} = 0" for tracker in program.trackers]
    inside += [line for helper in program.helpers for line in _helper(helper)]
    inside += [*_block(program.body), f"return {program.result}, {{{stats}}}"]
    return "\n".join([f"def f({tree.NUMBER}, {tree.LIST}):", *_indented(inside)])


def complexity_metrics(source: str) -> dict[str, Any]:
    """The published measures of a program, counted on its syntax tree.

    LogicIFEval's score is 3 · nesting depth + 2 · function calls + cyclomatic complexity + 0.5 · mean lines of a
    function, where the lines of a nested function count as its own and as those of the function around it.

    >>> complexity_metrics("def f(x):\\n    for i in range(x):\\n        x += 1")["code_complexity_score"]
    8.5
    """
    parsed = ast.parse(source)
    nodes = list(ast.walk(parsed))
    structures = sum(isinstance(node, CONTROL) for node in nodes)
    calls = sum(isinstance(node, ast.Call) for node in nodes)
    lines = [_lines(node) for node in nodes if isinstance(node, ast.FunctionDef)]
    depth, cyclomatic = _depth(parsed), 1 + structures
    return {
        "cyclomatic_complexity": cyclomatic,
        "max_nesting_depth": depth,
        "code_complexity_score": round(3 * depth + 2 * calls + cyclomatic + 0.5 * sum(lines) / len(lines), 2),
        "total_control_structures": structures,
        "function_calls": calls,
        "total_function_lines": sum(lines),
    }


def _depth(node: ast.AST) -> int:
    return isinstance(node, CONTROL) + max(map(_depth, ast.iter_child_nodes(node)), default=0)


def _lines(function: ast.FunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _helper(helper: tree.Helper) -> list[str]:
    body = [
        f"nonlocal {helper.tracker}",
        f"{helper.tracker} += 1",
        f"if {_condition(helper.condition)}:",
        f"    return {_expression(helper.then)}",
        f"return {_expression(helper.otherwise)}",
    ]
    return [f"def {helper.name}({tree.PARAMETER}):", *_indented(body)]


def _block(block: tree.Block) -> list[str]:
    return [line for statement in block for line in _statement(statement)]


def _statement(statement: tree.Statement) -> list[str]:
    match statement:
        case tree.Set(name, value):
            return [f"{name} = {_expression(value)}"]
        case tree.Bump(tracker):
            return [f"{tracker} += 1"]
        case tree.If(condition, then, otherwise):
            alternative = ["else:", *_indented(_block(otherwise))] if otherwise else []
            return [f"if {_condition(condition)}:", *_indented(_block(then)), *alternative]
        case tree.Each(name, body):
            return [f"for {name} in {tree.LIST}:", *_indented(_block(body))]
        case tree.Count(name, last, body):
            return [f"for {name} in range(1, {last + 1}):", *_indented(_block(body))]
        case tree.While(condition, body):
            return [f"while {_condition(condition)}:", *_indented(_block(body))]


def _condition(condition: tree.Comparison) -> str:
    return f"{_expression(condition.left)} {condition.relation} {_expression(condition.right)}"


def _expression(expression: tree.Expression) -> str:
    match expression:
        case tree.Number(value):
            return str(value)
        case tree.Name(name):
            return name
        case tree.Call(helper, argument):
            return f"{helper}({_expression(argument)})"
        case tree.Arithmetic("gap", left, right):
            return f"abs({_operand(left)} - {_operand(right)})"
        case tree.Arithmetic("max" | "min" as operation, left, right):
            return f"{operation}({_expression(left)}, {_expression(right)})"
        case tree.Arithmetic(operation, left, right):
            return f"{_operand(left)} {operation} {_operand(right)}"


def _operand(expression: tree.Expression) -> str:
    written = _expression(expression)
    infix = isinstance(expression, tree.Arithmetic) and expression.operation not in ("max", "min", "gap")
    return f"({written})" if infix else written


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
