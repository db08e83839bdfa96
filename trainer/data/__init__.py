"""Data sets: constraints, trip-wires and logic tasks."""
