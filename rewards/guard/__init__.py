"""The guard: what voids a completion, whatever its checks say."""
