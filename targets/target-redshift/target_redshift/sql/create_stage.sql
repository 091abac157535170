-- LIKE: the types, distribution and sort keys of the table itself, so that nothing is converted and MERGE is local.
CREATE TEMPORARY TABLE $stage (LIKE $table)
