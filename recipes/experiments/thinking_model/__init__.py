"""A real model that learns to think, and then the comparison: a cold start, a choice of task, and the arms."""
