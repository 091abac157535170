INSERT INTO dif_vault.audit (
    entry, at, actor, run_id, action, client, connector, name, version, detail, previous, hash, mac
) VALUES (
    %(entry)s, %(at)s, %(actor)s, %(run_id)s, %(action)s, %(client)s, %(connector)s, %(name)s, %(version)s,
    %(detail)s, %(previous)s, %(hash)s, %(mac)s
)
