"""The ledger: what ran, what is missing, and the proof."""
