"""The text of a rule in pieces, and nothing in it that the language does not have: the wall before the parser.

Length, characters and nesting are bounded here, so that what comes after works on little.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from wugan.detection.expression import Match, literal
from wugan.detection.features import FEATURES
from wugan.detection.invalid import RuleInvalid, RuleProblem, at
from wugan.items.said import Said, said

MAX_CHARACTERS = 1_000
MAX_NESTING = 12
MAX_TEXT = 200
MAX_NUMBER = 1_000_000_000
MAX_PROBLEMS = 10  # more than that and somebody pasted something else

KEYWORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE", "DATE"})
SYMBOLS = frozenset({"=", "<>", "!=", "<", "<=", ">", ">=", "(", ")", ",", "-"})
FUNCTIONS = frozenset(Match)
_TITLES = {feature.title: name for name, feature in FEATURES.items() if feature.offered}
_WHITE = " \t\r\n"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEXT = re.compile(r"'[^']*'")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_HALF_WIDTH = str.maketrans({"‘": "'", "’": "'", "“": "'", "”": "'", "、": ",", "〈": "<", "〉": ">", "≤": "<=", "≥": ">=", "≠": "<>"})
_COMMANDS = """
SELECT FROM WHERE JOIN WITH UNION EXISTS VALUES LATERAL OVER COPY ATTACH INSTALL LOAD PRAGMA SET CREATE INSERT UPDATE DELETE DROP EXPORT
IMPORT CALL DESCRIBE SHOW EXPLAIN
"""
_LOOKING_FOR = said("rule_find")
_INSTEAD = {
    **{wrong: said("rule_instead", wrong=wrong, right=right) for wrong, right in {"==": "=", "&&": "AND", "||": "OR", "!": "NOT"}.items()},
    ";": said("rule_semicolon"),
    "LIKE": _LOOKING_FOR,
    "ILIKE": _LOOKING_FOR,
    "GLOB": _LOOKING_FOR,
    "REGEXP": _LOOKING_FOR,
    "RLIKE": _LOOKING_FOR,
    "SIMILAR TO": _LOOKING_FOR,
    "~": _LOOKING_FOR,
    "ISNULL": said("rule_write", right="IS NULL"),
    "NOTNULL": said("rule_write", right="IS NOT NULL"),
    **dict.fromkeys(("+", "*", "/", "%", "^", "CASE", "CAST", "::"), said("rule_calculates")),
    **dict.fromkeys(_COMMANDS.split(), said("rule_commands")),
}


def split(text: str) -> list[Token]:
    """The pieces of a rule: keywords, symbols, names, numbers and texts only. Raises RuleInvalid."""
    refuse(text[: MAX_CHARACTERS + 1], _bounds(text))
    try:
        pieces = Tokenizer().tokenize(text)
    except TokenError:
        raise RuleInvalid(text, [_unclosed(text)]) from None
    refuse(text, [*_left_out(text, pieces), *_foreign(text, pieces)])
    refuse(text, _nesting(text, pieces))
    return [_plain(text, piece) for piece in pieces]


def refuse(text: str, problems: Iterator[RuleProblem] | list[RuleProblem]) -> None:
    """Raise RuleInvalid when there are problems."""
    if found := list(problems):
        raise RuleInvalid(text, sorted(found)[:MAX_PROBLEMS])


def is_name(piece: str) -> bool:
    """Whether a piece is the name of something: a feature, or a word that the language does not have."""
    return bool(_NAME.fullmatch(piece)) and piece.upper() not in KEYWORDS and piece.lower() not in FUNCTIONS


def _plain(text: str, piece: Token) -> Token:
    """A word that is none of the language's keywords is a name, whatever it may be in SQL: the parser knows no ELSE, no IF, no COMMAND."""
    if not is_name(text[piece.start : piece.end + 1]):
        return piece
    return Token(TokenType.VAR, piece.text, piece.line, piece.col, piece.start, piece.end)


def _bounds(text: str) -> Iterator[RuleProblem]:
    if len(text) > MAX_CHARACTERS:
        yield at(text, MAX_CHARACTERS, said("rule_long", most=MAX_CHARACTERS))
    elif not text.strip(_WHITE):
        yield at(text, 0, said("rule_empty"))
    else:
        for offset, character in enumerate(text):
            if unicodedata.category(character) in _INVISIBLE and character not in _WHITE:
                yield at(text, offset, said("rule_invisible", number=ord(character)))


def _unclosed(text: str) -> RuleProblem:
    outside = _TEXT.sub(lambda closed: " " * len(closed[0]), text)
    if "'" in outside:
        return at(text, outside.index("'"), said("rule_unclosed"))
    opened = re.search(r'"|/\*|\$|\{|`', outside)
    return at(text, opened.start() if opened else 0, said("rule_foreign"))


def _left_out(text: str, pieces: list[Token]) -> Iterator[RuleProblem]:
    """What the tokeniser stepped over as if it were a space: comments, and spaces of other kinds."""
    ends = [0, *(piece.end + 1 for piece in pieces)]
    begins = [*(piece.start for piece in pieces), len(text)]
    for end, begin in zip(ends, begins, strict=True):
        gap = text[end:begin]
        if rest := gap.lstrip(_WHITE):
            offset = end + len(gap) - len(rest)
            yield at(text, offset, _unlike_ascii(rest[0]) if not rest.isascii() else said("rule_comment"))


def _foreign(text: str, pieces: list[Token]) -> Iterator[RuleProblem]:
    for piece in pieces:
        raw = text[piece.start : piece.end + 1]
        if wrong := _wrong(raw, piece.text):
            yield at(text, piece.start, wrong)


def _wrong(raw: str, meant: str) -> Said | None:
    """What is wrong with one piece by itself."""
    instead = _INSTEAD.get(raw.upper())
    if instead or raw in SYMBOLS or _NAME.fullmatch(raw):
        return instead
    if raw.startswith("'"):
        return _wrong_text(raw, meant)
    if raw.startswith('"'):
        return said("rule_double_quotes")
    if raw.isascii() and raw.isdigit():
        return said("rule_numbers", most=MAX_NUMBER) if len(raw) > 10 or int(raw) > MAX_NUMBER else None
    if raw[0].isascii() and raw[0].isdigit():
        return said("rule_digits", raw=raw)
    if raw in _TITLES:
        return said("rule_title", name=_TITLES[raw], title=raw)
    odd = next((c for c in raw if not c.isascii()), None)
    return _unlike_ascii(odd, raw) if odd else said("rule_unknown", raw=raw)


def _wrong_text(raw: str, meant: str) -> Said | None:
    if raw != literal(meant):
        return said("rule_quotes")
    if any(c in meant for c in "\t\r\n"):
        return said("rule_one_line")
    return said("rule_text_long", most=MAX_TEXT) if len(meant) > MAX_TEXT else None


def _unlike_ascii(character: str, word: str = "") -> Said:
    """A character that looks like one of the language, or a word in Chinese."""
    plain = unicodedata.normalize("NFKC", character.translate(_HALF_WIDTH))
    if plain.isspace():
        return said("rule_space", number=ord(character))
    if plain.isascii():
        return said("rule_full_width", character=character, plain=plain)
    name = unicodedata.name(character, "without a name")
    return said("rule_letters", word=word or character, character=character, number=ord(character), name=name)


def _nesting(text: str, pieces: list[Token]) -> Iterator[RuleProblem]:
    """Parentheses that do not pair, and parentheses and NOTs that nest too deeply."""
    opened: list[tuple[Token, int]] = []
    nots = depth = 0  # NOTs that are not over, and all that encloses them
    for piece in pieces:
        match text[piece.start : piece.end + 1].upper():
            case "(":
                opened.append((piece, nots))
                depth, nots = depth + 1 + nots, 0
            case ")" if not opened:
                yield at(text, piece.start, said("rule_closes_none"))
                return
            case ")":
                nots = opened.pop()[1]
                depth -= 1 + nots
            case "NOT":
                nots += 1
            case "AND" | "OR" | ",":
                nots = 0
        if depth + nots > MAX_NESTING:
            yield at(text, piece.start, said("rule_nesting", most=MAX_NESTING))
            return
    for piece, _ in opened:
        yield at(text, piece.start, said("rule_open"))
