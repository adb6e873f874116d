"""Reading items from YAML files: good ones are kept, bad ones told with file, line, field and what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from wugan.items import plain, source
from wugan.items.model import Item
from wugan.items.problem import ItemInvalid, Place, Problem
from wugan.items.said import said

SUFFIXES = frozenset({".yaml", ".yml"})


@dataclass(frozen=True)
class Entry:
    """An item and the file it was read from."""

    item: Item
    source: source.Source

    def located(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems with file and line."""
        return [self.source.located(problem) for problem in problems]


@dataclass(frozen=True)
class Catalogue:
    """What reading came to: the good entries by number, and all problems of the others."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]

    @property
    def items(self) -> list[Item]:
        return [entry.item for entry in self.entries]


def load_file(path: Path) -> Item:
    """The item in one file. Raises ItemInvalid with everything that is wrong in it."""
    return _entry(path).item


def load_folder(path: Path) -> Catalogue:
    """All items of a folder (not of its subfolders)."""
    return load([path])


def load(paths: Iterable[Path]) -> Catalogue:
    """All items of files and folders. A code or number that several have refuses them all: which is meant cannot be known."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    once = {file.resolve(): file for path in paths for file in _files(path)}
    for file in once.values():
        try:
            entries.append(_entry(file))
        except ItemInvalid as invalid:
            problems += invalid.problems
    clashes = [*_clashes(entries, "code", lambda item: item.code), *_clashes(entries, "number", lambda item: item.number)]
    clashing = {problem.file for problem in clashes}
    good = sorted((e for e in entries if e.source.file not in clashing), key=lambda e: e.item.number)
    return Catalogue(tuple(good), tuple(problems + clashes))


def _files(path: Path) -> list[Path]:
    """The item files that a path stands for. A folder without any stands for itself, so that reading it tells what is wrong."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix in SUFFIXES) or [path]


def _entry(path: Path) -> Entry:
    return entry_of(source.read(path))


def entry_of(read: source.Source) -> Entry:
    """The item that was read. Raises ItemInvalid with everything that is wrong in it."""
    try:
        return Entry(Item.model_validate(read.data), read)
    except ValidationError as error:
        raise ItemInvalid([read.located(problem) for problem in plain.problems(error)]) from error


def _clashes(entries: Iterable[Entry], field: str, key: Callable[[Item], str | int]) -> list[Problem]:
    sharing: defaultdict[str | int, list[Entry]] = defaultdict(list)
    for entry in entries:
        sharing[key(entry.item)].append(entry)
    place: Place = (field,)
    return [
        entry.source.located(Problem(place, said("taken", value=value, field=field, others=_others(same, entry))))
        for value, same in sharing.items()
        if len(same) > 1
        for entry in same
    ]


def _others(entries: Iterable[Entry], entry: Entry) -> str:
    return ", ".join(other.source.file for other in entries if other is not entry)
