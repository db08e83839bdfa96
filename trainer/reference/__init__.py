"""The reference: what the policy could do before RL, how it is measured, and what it depends on."""
