"""The command `keepif`."""
