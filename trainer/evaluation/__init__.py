"""Measuring the damage: benchmarks, generation, and what the numbers say of two policies."""
