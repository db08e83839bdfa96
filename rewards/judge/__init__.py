"""The judge: soft constraints, which no code can check, put to a language model."""
