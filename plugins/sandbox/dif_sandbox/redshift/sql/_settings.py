"""SET, RESET and SHOW.

Source: developer guide, cm_chap_ConfigurationRef. Settings that PostgreSQL lacks live under the prefix `redshift.`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import UNDEFINED_OBJECT, RedshiftError
from dif_sandbox.redshift.sql._names import literal
from dif_sandbox.redshift.sql._plan import Forward, Plan
from dif_sandbox.redshift.sql._tokens import Cursor, Statement
from dif_sandbox.redshift.sql._words import words

if TYPE_CHECKING:
    from dif_sandbox.redshift.sql._query import Scope

__all__ = ["REDSHIFT_DEFAULTS", "plan_reset", "plan_set", "plan_show"]

REDSHIFT_DEFAULTS = {
    "analyze_threshold_percent": "10",
    "cast_super_null_on_error": "on",
    "describe_field_name_in_uppercase": "off",
    "downcase_delimited_identifier": "on",
    "enable_case_sensitive_identifier": "off",
    "enable_case_sensitive_super_attribute": "off",
    "enable_numeric_rounding": "on",
    "enable_result_cache_for_session": "on",
    "enable_vacuum_boost": "off",
    "error_on_nondeterministic_update": "off",
    "json_serialization_enable": "off",
    "json_serialization_parse_nested_strings": "off",
    "max_concurrency_scaling_clusters": "1",
    "mv_enable_aqmv_for_session": "on",
    "navigate_super_null_on_error": "on",
    "parse_super_null_on_error": "off",
    "query_group": "default",
    "spectrum_query_maxerror": "-1",
    "stored_proc_log_min_messages": "log",
    "wlm_query_slot_count": "1",
}
POSTGRES_SETTINGS = words(
    "search_path statement_timeout timezone datestyle client_encoding extra_float_digits application_name transaction"
    " time session local role client_min_messages server_version standard_conforming_strings transaction_isolation"
    " default_transaction_isolation is_superuser seed names lock_timeout server_encoding intervalstyle"
    " default_transaction_read_only"
)
ON = frozenset({"true", "on", "1", "yes"})


def plan_set(statement: Statement, scope: Scope) -> Plan:
    """The plan of a SET statement."""
    cursor = Cursor(statement.tokens)
    cursor.expect("SET")
    local = cursor.accept("LOCAL")
    if cursor.key(1) not in ("AUTHORIZATION", "CHARACTERISTICS"):
        cursor.accept("SESSION")
    name = cursor.next().text.lower()
    if name not in REDSHIFT_DEFAULTS:
        _known(name)
        return Forward(statement.text)
    if not (cursor.accept("TO") or cursor.accept("=")):
        raise cursor.error()
    value = " ".join(token.text for token in cursor.rest())
    if value.lower() == "default":
        value = REDSHIFT_DEFAULTS[name]
    if name == "enable_case_sensitive_identifier":
        scope.names.case_sensitive = value.lower() in ON
    return Forward(f"SET {'LOCAL ' if local else ''}redshift.{name} TO {literal(value)}")


def plan_reset(statement: Statement, scope: Scope) -> Plan:
    """The plan of a RESET statement."""
    cursor = Cursor(statement.tokens[1:])
    name = cursor.next().text.lower()
    if name in ("all", "enable_case_sensitive_identifier"):
        scope.names.case_sensitive = False
    if name in REDSHIFT_DEFAULTS:
        return Forward(f"SET redshift.{name} TO {literal(REDSHIFT_DEFAULTS[name])}")
    if name != "all":
        _known(name)
    return Forward(statement.text)


def plan_show(statement: Statement) -> Plan:
    """The plan of a SHOW statement."""
    if len(statement.tokens) != 2:  # noqa: PLR2004 - SHOW and a name
        return Forward(statement.text)
    name = statement.tokens[1].text.lower()
    if name in REDSHIFT_DEFAULTS:
        return Forward(f"SELECT current_setting('redshift.{name}') AS {name}")
    if name != "all":
        _known(name)
    return Forward(statement.text)


def _known(name: str) -> None:
    if name not in POSTGRES_SETTINGS:
        raise RedshiftError(f'unrecognized configuration parameter "{name}"', UNDEFINED_OBJECT)
