"""From measurements to numbers, tables and figures."""
