-- The latest of each key stays. The sequence is unique in a unit; PARTITION BY takes NULL keys for equal.
DELETE FROM $stage
WHERE $sequence IN (
    SELECT ranked.$sequence
    FROM (
        SELECT
            $sequence,
            ROW_NUMBER() OVER (PARTITION BY $keys ORDER BY $sequence DESC) AS place
        FROM $stage
    ) AS ranked
    WHERE ranked.place > 1
)
