"""What a run reports and shows: report, figure, trackers."""
