"""From outcomes to numbers, tables and figures."""
