"""The application on paper (申请表): what the department gets beside the data, and the person can keep."""

from __future__ import annotations

from collections.abc import Iterator

from wugan.approval.port import Application
from wugan.items.model import Item, SubjectField
from wugan.outreach.plan import bureau
from wugan.pdf import pdf
from wugan.web import texts

EMPTY = "—"


def application(item: Item, package: Application) -> bytes:
    """The PDF of an application as submitted: form with sources, materials, old → new. The same package gives the same bytes."""
    return pdf("申请表", list(_lines(item, package)))


def _lines(item: Item, package: Application) -> Iterator[str]:
    yield f"事项：{item.name}"
    yield f"申请编号：{package.id}"
    yield f"审批部门：{bureau(item, package.jurisdiction)}"
    yield f"统一社会信用代码：{package.subject}"
    yield ""
    yield "一、申请信息"
    labels = {field.name: field.label for field in item.form}
    for name, row in package.form.items():
        source = str(row["source"])
        origin = "申请人填写" if row.get("given") else f"来源：{texts.REGISTRIES.get(source.partition('.')[0], source)}"
        yield f"{labels.get(name, name)}：{row['value'] or EMPTY}（{origin}）"
        if row.get("disputed"):
            yield f"　　申请人认为应为：{row['disputed']}"
    yield ""
    yield "二、变更内容"
    for change in package.changes:
        yield f"{texts.FIELDS[SubjectField(change['field'])]}：{change['old'] or EMPTY} → {change['new'] or EMPTY}"
    if not package.changes:
        yield "无"
    yield ""
    yield "三、材料"
    for number, material in enumerate(package.materials, start=1):
        yield f"{number}. {material['name']}（{texts.ORIGINS[material['origin']]}）"
        if material.get("sha256"):
            yield f"　　SHA-256 {material['sha256']}"
    yield ""
    yield "以上内容由申请人在线核对确认，与提交的数据一致。"
