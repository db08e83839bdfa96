"""The comparison on a real model: correctness only, two published ways, and KeepIF."""
