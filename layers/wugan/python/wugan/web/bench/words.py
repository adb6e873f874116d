"""The Chinese words of the bench."""

from __future__ import annotations

from wugan.items.release import Act
from wugan.registry.feeds import FEEDS
from wugan.web.bench.columns import COLUMNS as COLUMNS

ACTS = {Act.PUBLISH: "发布", Act.RETIRE: "停用", Act.CANCEL: "取消预定发布"}
CONDITIONS = {
    "certificate_in_force": "证照有效",
    "changed": "发生变更",
    "expires_soon": "即将到期",
    "newly_covered": "经营范围新增",
    "not_filed": "尚未备案",
    "jurisdiction": "实施范围",
    "active": "主体存续",
    "not_blacklisted": "不在失信名单",
    "owns_premises": "自有产权",
    "same_place": "非迁移",
    "same_road": "非迁移，仅门牌号",
    "same_premises": "非迁移厂址",
}
KINDS = {"hit": "命中", "newly": "新增命中", "no_longer": "不再命中"}
FALSE_PUSH = (
    "误推：已推送，但办理以“不符合本事项条件”结束的命中，包括审批前复核发现不再符合条件而转人工的，"
    "和审批部门以“不符合法定条件”不予许可的。误推率为误推数除以推送数。"
)


def condition(name: str) -> str:
    """A condition's name; parts of `when` are counted."""
    return CONDITIONS.get(name) or f"附加条件{name.partition('.')[2]}"


def feed(name: str) -> str:
    """A registry's name."""
    return FEEDS[name].title if name in FEEDS else name


def digest(version: str) -> str:
    """A version as a path has it."""
    return version.partition(":")[2]


def masked(code: str) -> str:
    """A credit code, of which only the ends are shown."""
    return f"{code[:6]}{'*' * max(0, len(code) - 10)}{code[-4:]}"
