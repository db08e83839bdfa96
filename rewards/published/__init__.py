"""The literature's aggregations, length terms and bonus, for comparison."""
