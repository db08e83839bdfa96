"""Experiments: what makes the results."""
