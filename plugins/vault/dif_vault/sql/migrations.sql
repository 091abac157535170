CREATE SCHEMA IF NOT EXISTS dif_vault;
CREATE TABLE IF NOT EXISTS dif_vault.migration (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
