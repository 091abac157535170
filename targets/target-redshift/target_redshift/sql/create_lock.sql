CREATE TABLE $lock (never_filled BOOLEAN)
