"""The main job end to end: two simulated days of one client, into both targets, compared with the source."""
