CREATE TABLE $table (never_filled BOOLEAN)
