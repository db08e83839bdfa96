"""The benchmarks: their items, and how answers are scored."""
