-- Before anything else in the transaction: the snapshot is taken by the first statement that reads or writes,
-- and LOCK is none of those. https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation.html
-- A table of its own, for who reads the deliveries should not wait for a load.
LOCK TABLE $lock
