"""`python -m keepif.recipes.experiments.attention`."""

from .command import main

if __name__ == "__main__":
    main()
