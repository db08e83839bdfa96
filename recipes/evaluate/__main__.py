"""What `accelerate launch -m keepif.recipes.evaluate` starts."""

from .command import main

main()
