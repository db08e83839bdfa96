"""The sentences: for every kind of node some for training, and others that only evaluation prompts use.

`{then}`, `{otherwise}` and `{body}` are references such as "step 2.1" or "steps 2.1 and 2.2"; values other than a mere
name or number arrive in parentheses where they are part of another.
"""

from typing import Literal, NamedTuple

Split = Literal["train", "test"]


class Phrases(NamedTuple):
    train: tuple[str, ...]
    test: tuple[str, ...]

    def of(self, split: Split) -> tuple[str, ...]:
        return self.train if split == "train" else self.test


PHRASES: dict[str, Phrases] = {
    # Values
    "+": Phrases(
        ("{left} plus {right}", "the sum of {left} and {right}", "{left} increased by {right}"),
        ("the total of {left} and {right}", "{left} and {right} added together"),
    ),
    "-": Phrases(
        ("{left} minus {right}", "{left} decreased by {right}", "what you get by subtracting {right} from {left}"),
        ("{left} less {right}", "what is left of {left} after taking away {right}"),
    ),
    "*": Phrases(
        ("{left} times {right}", "the product of {left} and {right}", "{left} multiplied by {right}"),
        ("{left} and {right} multiplied together", "the result of multiplying {left} by {right}"),
    ),
    "//": Phrases(
        (
            "{left} divided by {right}, rounded down",
            "the whole part of {left} divided by {right}",
            "the quotient of {left} by {right} without its remainder",
        ),
        (
            "the number of times that {right} fits completely into {left}",
            "the result of dividing {left} by {right} and dropping any fraction",
        ),
    ),
    "%": Phrases(
        (
            "the remainder when {left} is divided by {right}",
            "the remainder of the division of {left} by {right}",
            "what remains when {left} is divided by {right}",
        ),
        ("the remainder that {left} leaves on division by {right}", "{left} modulo {right}"),
    ),
    "max": Phrases(
        (
            "the larger of {left} and {right}",
            "the maximum of {left} and {right}",
            "whichever of {left} and {right} is greater",
        ),
        ("the bigger one of {left} and {right}", "the higher value of {left} and {right}"),
    ),
    "min": Phrases(
        (
            "the smaller of {left} and {right}",
            "the minimum of {left} and {right}",
            "whichever of {left} and {right} is less",
        ),
        ("the lesser one of {left} and {right}", "the lower value of {left} and {right}"),
    ),
    "gap": Phrases(
        (
            "the distance between {left} and {right}",
            "the absolute value of the difference of {left} and {right}",
            "how far {left} and {right} are apart",
        ),
        (
            "the gap between {left} and {right}, never negative",
            "the difference of {left} and {right} without its sign",
        ),
    ),
    "call": Phrases(
        (
            "the result of running {helper} on {argument}",
            "the number that {helper} returns for {argument}",
            "what {helper} returns when it is started with {argument}",
        ),
        ("the outcome of {helper} applied to {argument}", "what {helper} hands back when given {argument}"),
    ),
    # Conditions
    "<": Phrases(
        ("{left} is less than {right}", "{left} is smaller than {right}", "{left} is below {right}"),
        ("{left} is strictly under {right}", "{left} falls short of {right}"),
    ),
    "<=": Phrases(
        ("{left} is at most {right}", "{left} is not greater than {right}", "{left} is {right} or less"),
        ("{left} is less than or equal to {right}", "{left} does not exceed {right}"),
    ),
    ">": Phrases(
        ("{left} is greater than {right}", "{left} is more than {right}", "{left} is above {right}"),
        ("{left} is strictly larger than {right}", "{left} exceeds {right}"),
    ),
    ">=": Phrases(
        ("{left} is at least {right}", "{left} is not less than {right}", "{left} is {right} or more"),
        ("{left} is greater than or equal to {right}", "{left} is no smaller than {right}"),
    ),
    "==": Phrases(
        ("{left} is equal to {right}", "{left} equals {right}", "{left} is exactly {right}"),
        ("{left} has the value {right}", "{left} and {right} are the same number"),
    ),
    "!=": Phrases(
        ("{left} is not equal to {right}", "{left} is different from {right}", "{left} is anything but {right}"),
        ("{left} does not have the value {right}", "{left} and {right} are not the same number"),
    ),
    # Steps
    "counters": Phrases(
        (
            "Set each of these counters to 0: {trackers}.",
            "Begin with each of these counters at 0: {trackers}.",
            "These counters start at 0: {trackers}.",
        ),
        (
            "Write a zero next to each of these counters: {trackers}.",
            "At first, each counter stands at 0: {trackers}.",
        ),
    ),
    "set": Phrases(
        ("Set {name} to {value}.", "Let {name} be {value}.", "Let {name} have this value: {value}."),
        ("Make {name} equal to {value}.", "Store this number as {name}: {value}."),
    ),
    "update": Phrases(
        (
            "Replace {name} by {value}.",
            "Change {name} to {value}, computed from the {name} you had so far.",
            "Let the new value of {name} be {value}, where {name} is still the old value.",
        ),
        ("Overwrite {name} with {value}.", "Give {name} a new value, worked out from its present one: {value}."),
    ),
    "bump": Phrases(
        ("Add 1 to the counter {tracker}.", "Increase the counter {tracker} by one.", "Count one more in {tracker}."),
        ("Raise {tracker} by 1.", "Let the counter {tracker} go up by one."),
    ),
    "if": Phrases(
        (
            "If {condition}, do {then}; otherwise skip {then}.",
            "Check whether {condition}. If so, do {then}; if not, leave {then} out.",
            "Only when {condition}, carry out {then}.",
        ),
        (
            "In case {condition}, work through {then}; in any other case, pass over {then}.",
            "Is it true that {condition}? With a yes, work through {then}; with a no, do not.",
        ),
    ),
    "if else": Phrases(
        (
            "If {condition}, do {then} and skip {otherwise}; otherwise skip {then} and do {otherwise}.",
            "Check whether {condition}. If so, do only {then}; if not, do only {otherwise}.",
            "When {condition}, carry out {then}; when that is not so, carry out {otherwise} instead.",
        ),
        (
            "In case {condition}, work through {then} alone; in any other case, through {otherwise} alone.",
            "Is it true that {condition}? With a yes, work through {then}, not {otherwise}; with a no, the reverse.",
        ),
    ),
    "each": Phrases(
        (
            "Go through the list {list} from its first element to its last: call the element {name} and do {body}.",
            "Take the elements of the list {list} one by one, in order; each time, call it {name} and do {body}.",
            "For every element of the list {list}, from left to right, do {body}; {name} stands for the element.",
        ),
        (
            "Visit the elements of the list {list} in the order written: name each one {name} and go through {body}.",
            "Work through {body} once for each element of the list {list}, first to last; {name} is that element.",
        ),
    ),
    "count": Phrases(
        (
            "Let {name} take the values from 1 to {last}, both included, one after the other; for each, do {body}.",
            "For {name} = 1, then {name} = 2, and so on up to and including {name} = {last}, do {body}.",
            "Repeat this {last} times: do {body}, with {name} equal to 1 the first time and 1 greater each time.",
        ),
        (
            "With {name} as each whole number from 1 up to and including {last}, in rising order, go through {body}.",
            "Count {name} from 1 to {last}, leaving out neither end, and at every count work through {body}.",
        ),
    ),
    "while": Phrases(
        (
            "As long as {condition}, repeat {body}. Check this before every round, the first included.",
            "Check whether {condition}. If so, do {body} and come back to this check; if not, this step is finished.",
            "While {condition}, do {body} over and over; test this before each round, even before the first.",
        ),
        (
            "Is it true that {condition}? With a yes, go through {body}, then ask again; with a no, this step ends.",
            "At the start of each round, see whether {condition}: if so, go through {body}; if not, end this step.",
        ),
    ),
    # Helpers
    "helper": Phrases(
        (
            "{helper} is a helper procedure. It takes one number, called {parameter} inside it, and returns a number:",
            "The helper procedure {helper} turns one number, {parameter}, into another as follows:",
            "Whenever the helper procedure {helper} is run on a number, call that number {parameter} and do this:",
        ),
        (
            "There is a helper procedure {helper}. Given one number, here {parameter}, it hands back a number:",
            "The helper procedure {helper} works on a single number, for which {parameter} stands here:",
        ),
    ),
    "starts": Phrases(
        (
            "Each time {helper} starts, no matter from where, first add 1 to the counter {tracker}.",
            "Begin by adding 1 to the counter {tracker}; this happens at every start of {helper}, whoever starts it.",
            "The counter {tracker} goes up by 1 at every single start of {helper}, before anything else.",
        ),
        (
            "Whoever starts {helper}, the first thing is to raise the counter {tracker} by 1.",
            "With every start of {helper}, from inside or outside, one more is counted in {tracker}.",
        ),
    ),
    "then return": Phrases(
        (
            "If {condition}, {helper} returns {value} and is finished.",
            "If {condition}, stop here: {helper} returns {value}.",
            "When {condition}, the number that {helper} returns is {value}, and the next line is not reached.",
        ),
        (
            "In case {condition}, {helper} hands back {value} and goes no further.",
            "Is it true that {condition}? With a yes, {helper} ends here and hands back {value}.",
        ),
    ),
    "return": Phrases(
        (
            "Otherwise, {helper} returns {value}.",
            "In every other case, {helper} returns {value}.",
            "If that was not so, the number that {helper} returns is {value}.",
        ),
        ("Failing that, {helper} hands back {value}.", "If {helper} has not ended yet, it hands back {value}."),
    ),
    # Sections
    "inputs": Phrases(
        (
            "You are given a whole number {number} and a list of whole numbers called {list}.",
            "There are two inputs: first {number}, a whole number, then {list}, a list of whole numbers.",
            "The procedure starts from a whole number, {number}, and from a list of whole numbers, {list}.",
        ),
        (
            "Two things are handed to you: a whole number named {number}, then a list of whole numbers named {list}.",
            "What goes in is {number}, one whole number, followed by {list}, several whole numbers in a row.",
        ),
    ),
    "outputs": Phrases(
        (
            "The output is the final value of {result}. Report the final value of each counter with it: {trackers}.",
            "Give the value that {result} has at the end as the output, and as statistics the counters {trackers}.",
            "At the end, {result} is the output, and the counters make up the statistics: {trackers}.",
        ),
        (
            "What comes out is {result} as it stands after the last step; the statistics are the counters {trackers}.",
            "State the last value of {result} as the output and, as statistics, what each counter shows: {trackers}.",
        ),
    ),
}
