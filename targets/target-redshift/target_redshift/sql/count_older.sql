-- How many rows might have a later one of their key in the table: without a join, by its highest sequence alone.
SELECT COUNT(*) AS older
FROM $stage
WHERE $sequence < (SELECT MAX($sequence) FROM $table)
