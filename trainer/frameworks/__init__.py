"""KeepIF in frameworks that train by TRL's trainers; README.md has a page for each, and for those that do not."""
