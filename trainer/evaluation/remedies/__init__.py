"""The literature's remedies that need no training."""
