"""Whole pipes under faults: one fault an attempt at a moment drawn by chance, every promise checked after each."""
