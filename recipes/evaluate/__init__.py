"""`keepif evaluate`: benchmarks on one policy."""
