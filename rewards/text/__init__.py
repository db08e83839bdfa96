"""Text and responses: what a model wrote, split and viewed as the checks need it."""
