"""Slicing: a program without the statements that change neither its result nor a tracker."""

from dataclasses import replace

from .tree import Block, Bump, Call, Count, Each, Expression, If, Program, Set, Statement, While, expressions, names

Live = frozenset[str]


def sliced(program: Program) -> Program:
    """`program` without dead statements, by the textbook's liveness analysis from the end to the beginning."""
    body, _ = _block(program.body, frozenset({program.result}))
    return replace(program, body=body)


def _block(block: Block, after: Live) -> tuple[Block, Live]:
    """The live statements of `block` and the variables that are live before it, given those live `after` it."""
    kept: list[Statement] = []
    for statement in reversed(block):
        live, after = _statement(statement, after)
        kept = [*live, *kept]
    return tuple(kept), after


def _statement(statement: Statement, after: Live) -> tuple[Block, Live]:
    match statement:
        case Set(name, value):
            if name not in after and not _counts(value):
                return (), after
            return (statement,), (after - {name}) | names(value)
        case Bump():
            return (statement,), after
        case If(condition, then, otherwise):
            then, before_then = _block(then, after)
            otherwise, before_otherwise = _block(otherwise, after)
            before = names(condition.left, condition.right) | before_then | before_otherwise
            return (replace(statement, then=then, otherwise=otherwise),), before
        case While(condition, body):
            return _loop(statement, body, after | names(condition.left, condition.right))
        case Each(_, body) | Count(_, _, body):
            return _loop(statement, body, after)


def _loop(loop: Each | Count | While, body: Block, live: Live) -> tuple[Block, Live]:
    """A round may follow a round: what is live before the body is live after it."""
    while True:
        kept, before = _block(body, live)
        if before <= live:
            return (replace(loop, body=kept),), live
        live |= before


def _counts(value: Expression) -> bool:
    """Whether computing `value` bumps a helper's tracker."""
    return any(isinstance(part, Call) for part in expressions(value))
