SELECT COUNT(*) AS staged FROM $stage
