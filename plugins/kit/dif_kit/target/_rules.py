"""What a SCHEMA demands of a property's values beyond their type: JSON Schema's rules for scalars."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.target._cells import shown
from dif_kit.target._ports import Column, ColumnKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Rules", "rules_of"]

_LOG = logging.getLogger(__name__)
_VALUE: Final = msgspec.json.Decoder(float_hook=Decimal)
_MOST_DIGITS: Final = 400  # no double has more before or after its point

Rule = Callable[[Any], bool]


class Rules:
    """The rules of one property; those that a value breaks, in words."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules

    def __bool__(self) -> bool:
        return bool(self._rules)

    def broken(self, raw: bytes) -> str | None:
        """The first rule that the JSON text ``raw`` breaks, if any. What is null keeps every rule."""
        if raw == b"null":
            return None
        try:
            value = _exact(_VALUE.decode(raw))
        except (ArithmeticError, RecursionError):  # an exponent of 19 digits, arrays a thousand deep
            return f"{shown(raw)} is beyond what the SCHEMA's rules can be checked on"
        for name, holds in self._rules.items():
            if not holds(value):
                return f"{shown(raw)} breaks the SCHEMA's rule {name}"
        return None


def rules_of(column: Column, facts: object) -> Rules:
    """The rules of a property that the SCHEMA describes by ``facts``, without those that its column's kind implies.

    As in JSON Schema, a rule about numbers says nothing of texts, and the other way round. `anyOf` and `oneOf` that
    offer null and one thing more (singer-sdk's idiom) have that thing's rules.
    """
    if not isinstance(facts, dict):
        return Rules({})
    found = dict(_rules(column, facts))
    variants = facts.get("anyOf") or facts.get("oneOf")
    if isinstance(variants, list):
        stated = [each for each in variants if isinstance(each, dict) and each.get("type") not in ("null", ["null"])]
        if len(stated) == 1:
            found |= dict(_rules(column, stated[0]))
    return Rules(found)


def _rules(column: Column, facts: Mapping[str, Any]) -> Iterator[tuple[str, Rule]]:
    for keyword, stated in facts.items():
        if _is_implied(column, keyword, stated):
            continue
        if keyword in ("minimum", "maximum") and facts.get(f"exclusive{keyword.title()}") is True:  # draft 4
            yield f"exclusive{keyword.title()} {stated}", _NUMBER_RULES[f"exclusive{keyword.title()}"](_exact(stated))
        elif keyword in _NUMBER_RULES and _is_number(stated):
            yield f"{keyword} {stated}", _NUMBER_RULES[keyword](_exact(stated))
        elif keyword in _LENGTH_RULES and _is_number(stated):
            yield f"{keyword} {stated}", _LENGTH_RULES[keyword](stated)
        elif keyword == "enum" and isinstance(stated, list):
            yield "enum", _one_of(stated)
        elif keyword == "const":
            yield "const", _one_of([stated])
        elif keyword == "pattern" and isinstance(stated, str):
            try:
                yield f"pattern {stated}", _matches(re.compile(stated))
            except re.error as error:
                _LOG.warning("field %r: the SCHEMA's pattern %r is not checked: %s", column.name, stated, error)


def _is_implied(column: Column, keyword: str, stated: object) -> bool:
    """Database taps state the range of 64 bits for every integer; a decimal's scale is its ``multipleOf``."""
    if column.kind is ColumnKind.INTEGER and _is_number(stated):
        return (keyword == "minimum" and stated <= -(2**63)) or (keyword == "maximum" and stated >= 2**63 - 1)  # type: ignore[operator]
    return column.kind is ColumnKind.DECIMAL and keyword == "multipleOf"


def _one_of(values: list[Any]) -> Rule:
    allowed = [_typed(_exact(value)) for value in values]
    return lambda value: _typed(value) in allowed


def _matches(pattern: re.Pattern[str]) -> Rule:
    return lambda value: not isinstance(value, str) or pattern.search(value) is not None


def _typed(value: Any) -> tuple[bool, Any]:  # noqa: ANN401 - any JSON value
    """So that true, which equals 1 in Python, does not equal it here."""
    return isinstance(value, bool), value


def _exact(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Numbers of decoded JSON as decimals, inside arrays and objects too."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, list):
        return [_exact(each) for each in value]
    if isinstance(value, dict):
        return {key: _exact(each) for key, each in value.items()}
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _of_number(holds: Callable[[Decimal, Decimal], bool]) -> Callable[[Decimal], Rule]:
    return lambda bound: lambda value: not isinstance(value, Decimal) or holds(value, bound)


def _of_length(holds: Callable[[int, int], bool]) -> Callable[[int], Rule]:
    return lambda bound: lambda value: not isinstance(value, str) or holds(len(value), bound)


def _is_multiple(value: Decimal, of: Decimal) -> bool:
    """Whether ``value`` is a whole number of times ``of``, however many digits they have."""
    if of <= 0:
        return True
    if abs(value.adjusted()) > _MOST_DIGITS:
        return False
    numerator, denominator = value.as_integer_ratio()
    step, parts = of.as_integer_ratio()
    return (numerator * parts) % (denominator * step) == 0


_NUMBER_RULES: Final[dict[str, Callable[[Decimal], Rule]]] = {
    "minimum": _of_number(lambda value, bound: value >= bound),
    "maximum": _of_number(lambda value, bound: value <= bound),
    "exclusiveMinimum": _of_number(lambda value, bound: value > bound),
    "exclusiveMaximum": _of_number(lambda value, bound: value < bound),
    "multipleOf": _of_number(_is_multiple),
}
_LENGTH_RULES: Final[dict[str, Callable[[int], Rule]]] = {
    "minLength": _of_length(lambda length, bound: length >= bound),
    "maxLength": _of_length(lambda length, bound: length <= bound),
}
