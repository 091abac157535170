-- No PRIMARY KEY and no NOT NULL: Redshift enforces no key, and refuses to widen a VARCHAR that is part of one.
CREATE TABLE $table (
    $columns
) $attributes
