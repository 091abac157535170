"""SQL text as tokens, and tokens as statements.

Token level on purpose: whatever needs no change keeps the client's own text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import RedshiftError, syntax_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Cursor", "Kind", "Statement", "Token", "split", "split_commas", "tokenize"]


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    QUOTED = auto()  # "an identifier"
    STRING = auto()
    NUMBER = auto()
    PARAMETER = auto()  # $1
    SYMBOL = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `text` without quotes and escapes, `key` in upper case for words and symbols, else empty."""

    kind: Kind
    text: str
    start: int
    end: int
    key: str

    @property
    def is_name(self) -> bool:
        """Whether the token can be an identifier."""
        return self.kind in (Kind.WORD, Kind.QUOTED)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a request: its text, and its tokens with positions inside that text."""

    text: str
    tokens: tuple[Token, ...]

    def part(self, tokens: Sequence[Token]) -> Statement:
        """The piece that `tokens`, consecutive ones of this statement, span."""
        start, end = tokens[0].start, tokens[-1].end
        moved = tuple(Token(t.kind, t.text, t.start - start, t.end - start, t.key) for t in tokens)
        return Statement(self.text[start:end], moved)


_TOKEN = re.compile(
    r"""
      (?P<blank>\s+|--[^\n]*)
    | (?P<comment>/\*)
    | (?P<string>[eE]?'(?:[^'\\]|\\.|'')*')
    | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<parameter>\$\d+)
    | (?P<number>\d+(?:\.\d+|\.(?![\w"]))?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<word>[#]?[^\W\d][\w$]*)
    | (?P<symbol>::|->>|->|\#>>|\#>|@>|<@|\?\||\?&|<=|>=|<>|!=|\|\||!~~?\*?|~~?\*?|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\([0-7]{1,3}|.)|''", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "'": "'"}
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_OPENING = frozenset("([")
_CLOSING = frozenset(")]")


def tokenize(sql: str) -> list[Token]:
    """Cut a text into tokens; blanks and comments go.

    Raises:
        RedshiftError: A quote or a comment is not closed.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        assert match is not None  # noqa: S101 - the last alternative takes any character
        kind, text, end = match.lastgroup, match.group(), match.end()
        if kind == "comment":
            end = _end_of_comment(sql, at)
        elif kind == "dollar":
            end = sql.find(text, end)
            if end < 0:
                raise RedshiftError(f'unterminated dollar-quoted string at or near "{sql[at : at + 40]}"')
            tokens.append(Token(Kind.STRING, sql[match.end() : end], at, end + len(text), ""))
            end += len(text)
        elif kind != "blank":
            tokens.append(_token(kind or "", text, at))
        at = end
    return tokens


def split(sql: str) -> list[Statement]:
    """The statements of a request, without their semicolons; empty ones go."""
    statements: list[Statement] = []
    tokens: list[Token] = []
    for token in [*tokenize(sql), Token(Kind.SYMBOL, ";", len(sql), len(sql), ";")]:
        if token.key != ";":
            tokens.append(token)
        elif tokens:
            statements.append(Statement(sql, ()).part(tokens))
            tokens = []
    return statements


def split_commas(tokens: Sequence[Token]) -> list[list[Token]]:
    """The items of a list; commas inside parentheses separate nothing."""
    items: list[list[Token]] = []
    item: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.key in _OPENING) - (token.key in _CLOSING)
        if token.key == "," and depth == 0:
            items.append(item)
            item = []
        else:
            item.append(token)
    if item:
        items.append(item)
    return items


class Cursor:
    """A place in a list of tokens, for the parsers of single commands."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def __iter__(self) -> Iterator[Token]:
        while not self.done:
            yield self.next()

    @property
    def done(self) -> bool:
        """Whether every token is taken."""
        return self.at >= len(self.tokens)

    def key(self, ahead: int = 0) -> str:
        """The key of the token `ahead`, empty past the end."""
        return self.tokens[self.at + ahead].key if self.at + ahead < len(self.tokens) else ""

    def next(self) -> Token:
        """Take one token."""
        if self.done:
            raise syntax_error("")
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *keys: str) -> bool:
        """Take these words if they are next."""
        if all(self.key(ahead) == key for ahead, key in enumerate(keys)):
            self.at += len(keys)
            return True
        return False

    def expect(self, *keys: str, hint: str | None = None) -> None:
        """Take these words or fail at the first other one."""
        for key in keys:
            if not self.accept(key):
                raise self.error(hint)

    def name(self) -> list[Token]:
        """Take a name, dotted or not: its parts."""
        parts = [self._name_part()]
        while self.key() == "." and self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].is_name:
            self.at += 1
            parts.append(self._name_part())
        return parts

    def parenthesised(self) -> Sequence[Token]:
        """Take a pair of parentheses: what is inside."""
        self.expect("(")
        start, depth = self.at, 1
        while depth:
            key = self.next().key
            depth += (key == "(") - (key == ")")
        return self.tokens[start : self.at - 1]

    def rest(self) -> Sequence[Token]:
        """Take everything that is left."""
        start, self.at = self.at, len(self.tokens)
        return self.tokens[start:]

    def error(self, hint: str | None = None) -> RedshiftError:
        """A syntax error at this place."""
        return syntax_error("" if self.done else self.tokens[self.at].text, hint)

    def end(self, hint: str | None = None) -> None:
        """Fail unless every token is taken."""
        if not self.done:
            raise self.error(hint)

    def _name_part(self) -> Token:
        if self.done or not self.tokens[self.at].is_name:
            raise self.error()
        return self.next()


def _token(kind: str, text: str, at: int) -> Token:
    end = at + len(text)
    match kind:
        case "string":
            return Token(Kind.STRING, _unescape(text[text.index("'") + 1 : -1]), at, end, "")
        case "quoted":
            return Token(Kind.QUOTED, text[1:-1].replace('""', '"'), at, end, "")
        case "word":
            return Token(Kind.WORD, text, at, end, text.upper())
        case "number":
            return Token(Kind.NUMBER, text, at, end, "")
        case "parameter":
            return Token(Kind.PARAMETER, text, at, end, "")
    if text in "'\"":
        raise RedshiftError(f"unterminated quoted string at or near {text}")
    return Token(Kind.SYMBOL, text, at, end, text)


def _unescape(body: str) -> str:
    r"""The value of a literal; a backslash before any other character stays, so that NULL AS '\N' works."""
    if "\\" not in body and "'" not in body:
        return body
    return _ESCAPE.sub(_unescape_one, body)


def _unescape_one(match: re.Match[str]) -> str:
    escaped = match.group(1)
    if escaped is None:
        return "'"
    if escaped[0] in "01234567":
        return chr(int(escaped, 8))
    return _ESCAPES.get(escaped, "\\" + escaped)


def _end_of_comment(sql: str, at: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(sql, at):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    raise RedshiftError("unterminated /* comment")
