"""Correctness: what a response states as its result, and whether that equals the gold answer."""
