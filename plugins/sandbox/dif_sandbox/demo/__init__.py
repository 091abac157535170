"""The main job end to end: two simulated days of one client and two channels, compared with their sources."""
