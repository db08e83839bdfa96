"""MathIF as a task of lm-evaluation-harness."""
