"""`keepif sweep`: a W&B sweep without a server."""
