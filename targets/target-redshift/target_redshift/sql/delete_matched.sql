-- With the INSERT that follows, what MERGE does to a row that says every column, in half the time.
DELETE FROM $table USING $stage WHERE $match
