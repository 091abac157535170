-- What this run has sent stays, whichever unit brought it: its rows have this run's sequences.
DELETE FROM $table
WHERE ($sequence IS NULL OR $sequence < $first_sequence)
    AND ($windows)
