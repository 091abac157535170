"""What PostgreSQL would take and Redshift refuses, as tables; every row has its source.

A source names a page of the Amazon Redshift developer guide (https://docs.aws.amazon.com/redshift/latest/dg/<page>.html)
that states the refusal or whose syntax has no such form. The wording of a message is Redshift's where a page or a
published log shows it, else the parser's usual one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, SYNTAX, UNDEFINED_FUNCTION, RedshiftError, syntax_error
from dif_sandbox.redshift.sql._tokens import Kind, Statement, Token
from dif_sandbox.redshift.sql._words import words

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["refuse"]

FEATURES = "c_unsupported-postgresql-features"
FUNCTIONS = "c_unsupported-postgresql-functions"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Words in a row that are refused; without a message, a syntax error at word `near`."""

    phrase: str
    source: str
    message: str = ""
    hint: str | None = None
    near: int = 0
    within: str = ""  # only in statements that start with one of these words


STATEMENTS = (  # phrases that start a statement
    Refusal("SAVEPOINT", "c_unsupported-postgresql-functions", "SQL command SAVEPOINT is not supported"),
    Refusal("RELEASE", FUNCTIONS, "SQL command RELEASE SAVEPOINT is not supported"),
    Refusal("ROLLBACK TO", FUNCTIONS, "ROLLBACK TO SAVEPOINT is not supported"),
    Refusal("ROLLBACK TRANSACTION TO", FUNCTIONS, "ROLLBACK TO SAVEPOINT is not supported"),
    Refusal("DO", "c_SQL_commands", hint="no anonymous blocks: CREATE PROCEDURE"),
    Refusal("LISTEN", "c_SQL_commands"),
    Refusal("NOTIFY", "c_SQL_commands"),
    Refusal("UNLISTEN", "c_SQL_commands"),
    Refusal("REINDEX", FEATURES, hint="no indexes"),
    Refusal("CLUSTER", FEATURES, hint="no indexes"),
    Refusal("CHECKPOINT", "c_SQL_commands"),
    Refusal("LOAD", "c_SQL_commands"),
    Refusal("IMPORT", FEATURES, hint="no SQL/MED"),
    Refusal("REASSIGN", "c_SQL_commands"),
    Refusal("SECURITY", "c_SQL_commands"),
    Refusal("VALUES", FEATURES, hint="no VALUES list as a table"),
    Refusal("TABLE", "c_SQL_commands"),
    *(
        Refusal(f"{verb} {thing}", FEATURES, f"{verb} {thing} is not supported on Redshift tables.")
        for verb in ("CREATE", "DROP", "ALTER")
        for thing in ("INDEX", "SEQUENCE", "TRIGGER", "EXTENSION", "TYPE", "DOMAIN", "RULE", "TABLESPACE", "COLLATION")
    ),
    Refusal("CREATE UNIQUE INDEX", FEATURES, "CREATE INDEX is not supported on Redshift tables."),
    *(
        Refusal(f"CREATE {thing}", FEATURES, near=1)
        for thing in ("AGGREGATE", "OPERATOR", "CAST", "FOREIGN", "SERVER", "PUBLICATION", "SUBSCRIPTION", "TEXT")
    ),
    Refusal("CREATE RECURSIVE", "r_CREATE_VIEW", near=1),
    Refusal("CREATE UNLOGGED", "r_CREATE_TABLE_NEW", near=1),
    Refusal("CREATE GLOBAL", "r_CREATE_TABLE_NEW", near=1),
    Refusal("COPY (", "r_COPY", near=1, hint="UNLOAD writes a query's result to S3"),
)

PHRASES = (  # phrases anywhere in a statement
    Refusal("ON CONFLICT", "r_INSERT_30", hint="no INSERT ... ON CONFLICT: MERGE", near=1, within="INSERT"),
    Refusal("RETURNING", "r_INSERT_30", hint="no RETURNING", within="INSERT UPDATE DELETE MERGE"),
    Refusal("OVERRIDING", "r_INSERT_30", within="INSERT"),
    Refusal("DISTINCT ON (", "r_SELECT_list", "SELECT DISTINCT ON is not supported"),
    Refusal(") FILTER (", "c_Aggregate_Functions", near=1, hint="no aggregate FILTER: SUM(CASE WHEN ...)"),
    Refusal("LATERAL", "r_FROM_clause30", "LATERAL is not supported"),
    Refusal("TABLESAMPLE", "r_FROM_clause30"),
    Refusal("WITH ORDINALITY", "r_FROM_clause30", near=1),
    Refusal("FOR UPDATE", "r_SELECT_synopsis", "SELECT FOR UPDATE/SHARE is not supported"),
    Refusal("FOR SHARE", "r_SELECT_synopsis", "SELECT FOR UPDATE/SHARE is not supported"),
    Refusal("FOR NO KEY UPDATE", "r_SELECT_synopsis", "SELECT FOR UPDATE/SHARE is not supported"),
    Refusal("FOR KEY SHARE", "r_SELECT_synopsis", "SELECT FOR UPDATE/SHARE is not supported"),
    Refusal("ARRAY [", FEATURES, near=1, hint="ARRAY(1, 2), not ARRAY[1, 2]"),
    Refusal("IS DISTINCT FROM", FUNCTIONS, near=1),
    Refusal("IS NOT DISTINCT FROM", FUNCTIONS, near=2),
    Refusal("EXCEPT ALL", "r_UNION", "EXCEPT ALL is not supported"),
    Refusal("INTERSECT ALL", "r_UNION", "INTERSECT ALL is not supported"),
    Refusal("( VALUES", FEATURES, near=1, hint="no VALUES list as a table"),
    Refusal("AS MATERIALIZED (", "r_WITH_clause", near=1),
    Refusal("AS NOT MATERIALIZED (", "r_WITH_clause", near=1),
    Refusal("GROUPS BETWEEN", "r_Window_function_synopsis"),
    Refusal("WHERE CURRENT OF", "c_SQL_commands", near=1),
)

OPERATORS = frozenset({"->", "->>", "#>", "#>>", "@>", "<@", "?|", "?&"})  # JSON and arrays: query-super

FUNCTIONS_UNSUPPORTED = words(  # c_unsupported-postgresql-functions
    "STRING_AGG ARRAY_AGG EVERY XML_AGG XMLAGG CORR COVAR_POP COVAR_SAMP REGR_AVGX REGR_AVGY REGR_COUNT"
    " REGR_INTERCEPT REGR_R2 REGR_SLOPE REGR_SXX REGR_SXY REGR_SYY CLOCK_TIMESTAMP JUSTIFY_DAYS JUSTIFY_HOURS"
    " JUSTIFY_INTERVAL PG_SLEEP TRANSACTION_TIMESTAMP DIV SETSEED WIDTH_BUCKET GENERATE_SUBSCRIPTS NEXTVAL CURRVAL"
    " LASTVAL SETVAL BIT_LENGTH OVERLAY CONVERT_FROM CONVERT_TO ENCODE FORMAT QUOTE_NULLABLE REGEXP_MATCHES"
    " REGEXP_SPLIT_TO_ARRAY REGEXP_SPLIT_TO_TABLE CURRENT_QUERY INET_CLIENT_ADDR INET_CLIENT_PORT INET_SERVER_ADDR"
    " INET_SERVER_PORT PG_POSTMASTER_START_TIME PG_TRIGGER_DEPTH PG_ADVISORY_LOCK PG_ADVISORY_XACT_LOCK"
    " PG_TRY_ADVISORY_LOCK PG_ADVISORY_UNLOCK TO_TSVECTOR TO_TSQUERY PG_TOTAL_RELATION_SIZE PG_RELATION_SIZE"
    " PG_DATABASE_SIZE PG_READ_FILE UNNEST"
)
FUNCTIONS_ABSENT = words(  # of PostgreSQL since 8.0.2, and in no list below c_SQL_functions
    "JSONB_BUILD_OBJECT JSON_BUILD_OBJECT TO_JSONB TO_JSON JSONB_SET JSONB_AGG JSON_AGG ROW_TO_JSON"
    " JSONB_EXTRACT_PATH_TEXT JSONB_EXTRACT_PATH JSONB_ARRAY_LENGTH GEN_RANDOM_UUID UUID_GENERATE_V4"
    " STATEMENT_TIMESTAMP MAKE_DATE MAKE_TIMESTAMP MAKE_INTERVAL JSON_ARRAY_ELEMENTS JSONB_ARRAY_ELEMENTS JSONB_EACH"
    " JSON_EACH JSONB_OBJECT_KEYS CONCAT_WS STRING_TO_ARRAY TO_REGCLASS MODE NUM_NULLS CARDINALITY"
)


def refuse(statement: Statement) -> None:
    """Raise what Redshift would raise for a statement that it has no form for.

    Raises:
        RedshiftError: Something in one of the tables above.
    """
    tokens = statement.tokens
    keys = [token.key for token in tokens]
    for refusal in STATEMENTS:
        words = refusal.phrase.split()
        if keys[: len(words)] == words:
            raise _error(refusal, tokens, 0)
    _refuse_phrases(tokens, keys)
    for at, token in enumerate(tokens):
        _refuse_token(token, keys[at + 1] if at + 1 < len(keys) else "", keys[at - 1] if at else "")


def _refuse_phrases(tokens: tuple[Token, ...], keys: list[str]) -> None:
    present = set(keys)
    for refusal in PHRASES:
        words = refusal.phrase.split()
        if not present.issuperset(words) or (refusal.within and keys[0] not in refusal.within.split()):
            continue
        for at in _places(keys, words):
            raise _error(refusal, tokens, at)


def _places(keys: list[str], words: list[str]) -> Iterable[int]:
    return (at for at in range(len(keys) - len(words) + 1) if keys[at : at + len(words)] == words)


def _refuse_token(token: Token, following: str, preceding: str) -> None:
    if token.key in OPERATORS:
        hint = "SUPER navigation (a.b[0]) or JSON_EXTRACT_PATH_TEXT"
        raise RedshiftError(f"operator does not exist: {token.key}", UNDEFINED_FUNCTION, hint=hint)
    if following != "(" or token.kind is not Kind.WORD or preceding in (".", "TABLE", "INTO"):
        return
    if token.key in FUNCTIONS_UNSUPPORTED or token.key in FUNCTIONS_ABSENT:
        message = f"function {token.text.lower()}() does not exist"
        raise RedshiftError(message, UNDEFINED_FUNCTION, hint="a function of PostgreSQL that Redshift does not have")


def _error(refusal: Refusal, tokens: tuple[Token, ...], at: int) -> RedshiftError:
    if refusal.message:
        return RedshiftError(refusal.message, FEATURE_NOT_SUPPORTED, hint=refusal.hint)
    error = syntax_error(tokens[at + refusal.near].text, refusal.hint)
    error.code = SYNTAX
    return error
