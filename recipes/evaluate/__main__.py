"""What `accelerate launch -m keepif.recipes.evaluate` starts."""

from .command import main

if __name__ == "__main__":
    main()
