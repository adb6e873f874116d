"""What became of the hits, as tables, charts and a file."""

from __future__ import annotations

import csv
import io

from wugan.web.bench import columns
from wugan.web.bench.columns import COLUMNS, Line
from wugan.web.bench.room import Room
from wugan.web.edge import Answer, File

SHOWN = 53  # weeks of the page
CHARTED = 8


def statistics(room: Room) -> Answer:
    """All items together, or one of them week by week."""
    counted, code = room.bench.statistics(), room.query.get("item", "")
    names = _names(room)
    order = {item: place for place, item in enumerate(names)}
    weeks = sorted({w.week for w in counted.weeks})[-SHOWN:]
    shown = [w for w in counted.weeks if w.week in weeks and code in ("", w.item)]
    by_week = [columns.line(w, w.week) for w in shown] if code else columns.lines(shown, lambda w: w.week)
    by_item = [] if code else columns.lines(sorted(shown, key=lambda w: order.get(w.item, len(order))), lambda w: w.item, counted.days)
    data = {"counted": counted, "code": code, "names": names, "by_week": by_week[::-1], "by_item": by_item, "charted": by_week[-CHARTED:]}
    data["foremost"] = sorted(by_item, key=lambda one: -one.count("hits"))[:CHARTED]
    return room.page("statistics", data)


def table(room: Room) -> Answer:
    """Every row as a file for spreadsheets."""
    out, names = io.StringIO(), _names(room)
    writer = csv.writer(out)
    writer.writerow(["周", "事项代码", "事项名称", *(title for _, title in COLUMNS), "误推率", "命中到送达的天数（中位数）"])
    for week in room.bench.statistics().weeks:
        row: Line = columns.line(week, week.week)
        writer.writerow([row.of, week.item, names.get(week.item, ""), *row.counts, row.false_rate, "" if row.days is None else row.days])
    return File(("\ufeff" + out.getvalue()).encode(), "text/csv; charset=utf-8", "statistics.csv")


def _names(room: Room) -> dict[str, str]:
    """Items by their code, in the order of their numbers."""
    return {one.item.code: one.item.name for one in room.bench.listed()}
