-- Every version of every credential; the highest version of a place is the one in force.
CREATE TABLE dif_vault.credential (
    client text NOT NULL,
    connector text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    kind text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'needs_reauth', 'revoked')),
    fields text[] NOT NULL,
    written_at timestamptz NOT NULL,
    written_by text NOT NULL,
    expires_at timestamptz,
    key_id text NOT NULL,
    wrapped_key bytea NOT NULL,
    nonce bytea NOT NULL,
    ciphertext bytea NOT NULL,
    mac bytea NOT NULL,
    PRIMARY KEY (client, connector, name, version)
);

-- The access token that the refreshing process left for the others; sealed by the data key of the credential's version.
CREATE TABLE dif_vault.access_token (
    client text NOT NULL,
    connector text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL,
    nonce bytea NOT NULL,
    ciphertext bytea NOT NULL,
    PRIMARY KEY (client, connector, name)
);

-- One entry for each read and write; `hash` covers the entry and the hash before it, `mac` is made by the data key.
CREATE TABLE dif_vault.audit (
    entry bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    run_id text,
    action text NOT NULL,
    client text NOT NULL,
    connector text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL,
    detail text NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    mac bytea
);
CREATE INDEX audit_of_place ON dif_vault.audit (client, connector, name, action, version);

-- The end of the chain: one row, locked by whoever appends.
CREATE TABLE dif_vault.audit_head (
    is_the_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_the_only_row),
    entry bigint NOT NULL,
    hash bytea NOT NULL
);
INSERT INTO dif_vault.audit_head (entry, hash) VALUES (0, '');

CREATE FUNCTION dif_vault.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only ever appended to';
END
$$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dif_vault.audit
    FOR EACH STATEMENT EXECUTE FUNCTION dif_vault.refuse_change();
