"""A small city whose registries change for a month: what is delivered each day."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb

from infra.world import make as make_world
from wugan.registry import intake
from wugan.registry.feeds import FEEDS

Row = dict[str, str]
FIRST = date(2026, 11, 23)
DAYS = 30
BUCKETS = 2


class City:
    """The rows of each feed, changed day by day."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.rng = folder, random.Random(seed)
        make_world(folder / "world", 500, seed, FIRST)
        intake.take_in(folder / "world", folder / "first", FIRST, buckets=1)
        self.rows = {feed: self._read(feed) for feed in FEEDS}
        for row in self.rows["licence"]:  # many ends within reach of the windows
            if self.rng.random() < 0.5:
                row["valid_until"] = (FIRST + timedelta(days=self.rng.randrange(-3, 130))).isoformat()

    def _read(self, feed: str) -> list[Row]:
        path = str(self.folder / "first" / feed / "0000.parquet")
        with duckdb.connect() as connection:
            found = connection.execute("SELECT * FROM read_parquet(?)", [path])
            names = [d[0] for d in found.description or ()]
            return [dict(zip(names, ("" if v is None else str(v) for v in row), strict=True)) for row in found.fetchall()]

    def deliver(self, day: date) -> Path:
        """The day's clean files."""
        drops, clean = self.folder / "drops" / day.isoformat(), self.folder / "clean" / day.isoformat()
        for feed, rows in self.rows.items():
            (drops / feed).mkdir(parents=True)
            with (drops / feed / "all.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, FEEDS[feed].names)
                writer.writeheader()
                writer.writerows(rows)
        intake.take_in(drops, clean, day, buckets=BUCKETS)
        return clean

    def live(self, day: date) -> None:
        """What happens in a day."""
        happenings: list[tuple[Callable[[date], None], int]] = [
            (self._rename, 3), (self._move, 3), (self._new_representative, 2), (self._reformat, 4), (self._cancel, 1),
            (self._revive, 1), (self._renew, 2), (self._void, 1), (self._licence, 2), (self._list, 3), (self._unlist, 2),
            (self._buy, 1), (self._sell, 1), (self._widen, 2), (self._vanish, 1),
        ]  # fmt: skip
        for happen, most in happenings:
            for _ in range(self.rng.randrange(most + 1)):
                happen(day)

    def _any(self, feed: str) -> Row:
        return self.rng.choice(self.rows[feed])

    def _changed(self, row: Row, **values: str) -> None:
        row.update(values, version=str(int(row["version"]) + 1 if row["version"].isdigit() else 1))

    def _rename(self, day: date) -> None:
        self._changed(self._business(), name=f"青岛改名{self.rng.randrange(10**6)}有限公司", changed_on=day.isoformat())

    def _business(self) -> Row:
        """A registration; every other time one that a certificate names as its holder or its producer."""
        licence = self._any("licence")
        code = self.rng.choice([licence["credit_code"], licence["producer_code"] or licence["credit_code"], ""])
        return next((b for b in self.rows["business"] if b["credit_code"] == code), self._any("business"))

    def _move(self, _: date) -> None:
        district = self.rng.choice(("市北区", "城阳区", "黄岛区"))
        field = self.rng.choice(("registered_address", "premises_address"))
        self._changed(self._business(), **{field: f"青岛市{district}迁移路{self.rng.randrange(200)}号"})

    def _new_representative(self, _: date) -> None:
        self._changed(self._business(), legal_representative=f"示例{self.rng.randrange(1000)}")

    def _reformat(self, _: date) -> None:
        row = self._business()
        self._changed(row, name=row["name"].replace("(", "（").replace(")", "） "))

    def _cancel(self, _: date) -> None:
        self._changed(self._business(), status="cancelled")

    def _revive(self, _: date) -> None:
        self._changed(self._business(), status="active")

    def _renew(self, day: date) -> None:
        row = self._any("licence")
        self._changed(row, valid_until=(day + timedelta(days=self.rng.choice((60, 89, 90, 91, 1500)))).isoformat())

    def _void(self, _: date) -> None:
        self._changed(self._any("licence"), status=self.rng.choice(("void", "valid")))

    def _licence(self, day: date) -> None:
        copy = {**self._any("licence"), "certificate_no": f"新证-{self.rng.randrange(10**9)}", "issued_on": day.isoformat(), "version": "1"}
        self.rows["licence"].append(copy)

    def _list(self, day: date) -> None:
        since = day + timedelta(days=self.rng.randrange(-2, 4))
        until = self.rng.choice(("", (since + timedelta(days=self.rng.randrange(9))).isoformat()))
        code = self._any("licence")["credit_code"]
        reason = f"示例{self.rng.randrange(10**6)}"
        self.rows["blacklist"].append({"credit_code": code, "reason": reason, "since": since.isoformat(), "until": until, "version": "1"})

    def _unlist(self, _: date) -> None:
        rows = self.rows["blacklist"]
        rows.pop(self.rng.randrange(len(rows)))

    def _buy(self, _: date) -> None:
        owner = self._business()
        place = owner["premises_address"] or owner["registered_address"] or "某处"
        number = f"不动产-{self.rng.randrange(10**9)}"
        self.rows["property"].append({"credit_code": owner["credit_code"], "address": place, "certificate_no": number, "version": "1"})

    def _sell(self, _: date) -> None:
        rows = self.rows["property"]
        rows.pop(self.rng.randrange(len(rows)))

    def _widen(self, day: date) -> None:
        self._changed(self._any("business"), scope="一般项目：人力资源服务（不含职业中介活动）", scope_changed_on=day.isoformat())

    def _vanish(self, _: date) -> None:
        rows = self.rows["licence"]
        rows.pop(self.rng.randrange(len(rows)))
