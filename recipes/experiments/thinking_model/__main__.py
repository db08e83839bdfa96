"""What `python -m keepif.recipes.experiments.thinking_model` starts."""

from .command import main

if __name__ == "__main__":
    main()
