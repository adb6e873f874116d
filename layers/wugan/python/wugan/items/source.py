"""A YAML file as plain data that knows its lines. A safe subset: no aliases, tags, duplicate keys or guessed types."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import yaml
from yaml.composer import ComposerError

from wugan.items.problem import ItemInvalid, Place, Problem
from wugan.items.said import Said, said

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
_KEY = re.compile(r"^[\s-]*([A-Za-z_]\w*)\s*:")
_HINTS = {
    "cannot start any token": said("yaml_token"),
    "mapping values are not allowed here": said("yaml_colon"),
    "found unexpected end of stream": said("yaml_open"),
    "expected <block end>": said("yaml_indent"),
    "could not find expected ':'": said("yaml_no_colon"),
    "expected ',' or": said("yaml_comma"),
    "single document": said("yaml_single"),
}


class _Loader(yaml.SafeLoader):
    """Composes with bounds; reads only null, true/false and numbers as such (a date or `no` stays the text it is)."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # untyped in types-PyYAML
        if self.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, said("yaml_alias"), event.start_mark)
        if event.tag is not None:
            raise ComposerError(None, None, said("yaml_tag", told=event.tag), event.start_mark)
        if self.depth >= MAX_DEPTH:
            raise ComposerError(None, None, said("yaml_deep", most=MAX_DEPTH), event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("bool", r"^(?:true|false)$", ["t", "f"]),
    ("int", r"^-?(?:0|[1-9][0-9]{0,14})$", list("-0123456789")),
    ("float", r"^-?[0-9]{1,15}\.[0-9]{1,15}$", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


@dataclass(frozen=True)
class Source:
    """A parsed file: its data, and the node each value came from."""

    file: str
    data: Any
    node: yaml.Node

    def line(self, place: Place, offset: int | None = None) -> int:
        """The line of the deepest part of `place` that the file has; a mapping's entry is at its key.

        With an offset: the line of that character of the text at the place.
        """
        node, mark = self.node, self.node.start_mark
        for key in place:
            found = _child(node, key)
            if found is None:
                break
            mark, node = found
        if offset is not None and isinstance(node, yaml.ScalarNode):
            return _line_within(node, offset)
        return int(mark.line) + 1

    def located(self, problem: Problem) -> Problem:
        """The problem with this file and the line of its place."""
        return replace(problem, file=self.file, line=self.line(problem.place, problem.offset))


def read(path: Path) -> Source:
    """Read one file. Raises ItemInvalid with all that is wrong with it as YAML."""
    file = str(path)
    return parse(_raw(path, file), file)


def parse(raw: bytes, file: str) -> Source:
    """Read what a file holds. Raises ItemInvalid."""
    text = _text(raw, file)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise ItemInvalid([Problem((), said("empty"), file, 1)])
        _refuse_duplicates(node, file)
        return Source(file, loader.construct_document(node), node)
    except yaml.YAMLError as error:
        _refuse_syntax(error, text, file)


def _raw(path: Path, file: str) -> bytes:
    if path.is_dir():
        raise ItemInvalid([Problem((), said("no_item"), file, 1)])
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ItemInvalid([Problem((), said("unreadable", why=error.strerror), file, 1)]) from error


def _text(raw: bytes, file: str) -> str:
    if len(raw) > MAX_BYTES:
        raise ItemInvalid([Problem((), said("too_large", most=MAX_BYTES // 1024), file, 1)])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ItemInvalid([Problem((), said("not_utf8"), file, line)]) from error


def _refuse_syntax(error: yaml.YAMLError, text: str, file: str) -> NoReturn:
    if isinstance(error, yaml.MarkedYAMLError):
        raised = error.problem if isinstance(error.problem, Said) else None
        problem = f"{error.context or ''} {error.problem or ''}".strip()
        opened_there = problem.startswith("while scanning a quoted scalar")
        mark = error.context_mark if opened_there else error.problem_mark or error.context_mark
        line = mark.line if mark else 0
    else:
        line, problem, raised = text.count("\n", 0, getattr(error, "position", 0)), "", said("yaml_control")
    hint = raised or next((hint for sign, hint in _HINTS.items() if sign in problem), None) or said("yaml_other", told=problem)
    raise ItemInvalid([Problem(_field_at(text, line), said("yaml", hint=hint), file, line + 1)]) from error


def _field_at(text: str, line: int) -> Place:
    """The nearest field name at or above a line (from 0): the tree does not exist yet when the syntax is broken."""
    for above in reversed(text.splitlines()[: line + 1]):
        if key := _KEY.match(above):
            return (key[1],)
    return ()


def _refuse_duplicates(root: yaml.Node, file: str) -> None:
    problems = [Problem(place, said("twice", first=first), file, line) for place, first, line in _duplicates(root, ())]
    if problems:
        raise ItemInvalid(problems)


def _duplicates(node: yaml.Node, place: Place) -> list[tuple[Place, int, int]]:
    if isinstance(node, yaml.SequenceNode):
        return [twice for i, value in enumerate(node.value) for twice in _duplicates(value, (*place, i))]
    if not isinstance(node, yaml.MappingNode):
        return []
    found: list[tuple[Place, int, int]] = []
    lines: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in lines:
            found.append(((*place, name), lines[name], line))
        lines.setdefault(name, line)
        found += _duplicates(value, (*place, name))
    return found


def _line_within(node: yaml.ScalarNode, offset: int) -> int:
    """The file's line (from 1) of a character of a text. YAML may join lines, but never changes how many words come before."""
    mark, left = node.start_mark, len(node.value[: offset + 1].split())
    written = str(mark.buffer)[mark.pointer : mark.pointer + node.end_mark.index - mark.index].splitlines()
    head = 1 if node.style in ("|", ">") else 0  # the sign stands in a line of its own
    for number, line in enumerate(written[head:], start=mark.line + 1 + head):
        left -= len(line.split())
        if left <= 0:
            return int(number)
    return int(mark.line) + 1


def _child(node: yaml.Node, key: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark, node.value[key]
    if isinstance(node, yaml.MappingNode):
        return next(((name.start_mark, value) for name, value in node.value if name.value == key), None)
    return None
