"""An item as a YAML file again: the same item, and so the same version, when it is read."""

from __future__ import annotations

from typing import Any

import yaml

from wugan.items.model import Item


class _Dumper(yaml.SafeDumper):
    """Writes lists of a few plain values in one line, as the catalogue's files do."""

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:
        plain = all(not isinstance(value, dict | list) for value in sequence)
        return super().represent_sequence(tag, sequence, plain if flow_style is None else flow_style)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 – the reader refuses them
        return True


def yaml_of(item: Item) -> str:
    """The item's file, without what is left to the defaults."""
    body = item.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(body, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=140)
