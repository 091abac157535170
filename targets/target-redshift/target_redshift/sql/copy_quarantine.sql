-- A record of any size is put aside, a VARCHAR holds 65,535 bytes and COPY reads 4 MB a record: what is cut or left out
-- here is whole in the file, whose address stands beside it.
COPY $stage
FROM $quarantine_url
IAM_ROLE $iam_role
FORMAT AS JSON 'auto'
GZIP
TRUNCATECOLUMNS
MAXERROR 100000
COMPUPDATE OFF
STATUPDATE OFF$options
