SELECT
    fence,
    noted_at
FROM $fences
WHERE client = $client AND tap = $tap
ORDER BY fence DESC, noted_at ASC
LIMIT 1
