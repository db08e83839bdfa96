"""Constraint attention on the embedded policy: what RL does to it, what it says of compliance, what a loss on it does."""
