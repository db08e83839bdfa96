"""`keepif doctor`: what would break a recipe, or waste its run."""
