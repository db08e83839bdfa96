"""Constraint attention: how much attention the instructions get while a model thinks and answers.

It is a correlate of compliance, not its cause: failed responses can attend more to their constraints than successful
ones (arXiv 2601.22047), a goal can be known without being attended to (2605.12922), and closing the attention changes
what one model does and leaves others as they are (2606.24952).
"""
