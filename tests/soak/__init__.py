"""An operator's week: many clients by many channels, day after day with faults, every promise checked after each."""
