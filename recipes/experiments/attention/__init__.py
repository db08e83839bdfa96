"""Constraint attention on the embedded policy: what RL does to it, what it tells, and what a loss on it does."""
