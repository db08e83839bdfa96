"""KeepIF's reward in frameworks without TRL: fixed multipliers, no controller. See README.md in trainer/frameworks."""
