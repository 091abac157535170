-- The sessions of the latest run; those of earlier ones it has ended itself.
SELECT
    session,
    noted_at
FROM $fences
WHERE
    client = $client
    AND tap = $tap
    AND fence = (SELECT MAX(fence) FROM $fences WHERE client = $client AND tap = $tap)
