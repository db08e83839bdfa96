"""What a run adds up, remembers, reports and shows."""
