"""The command `vault`."""
