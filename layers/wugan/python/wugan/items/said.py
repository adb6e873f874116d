"""What may be wrong with an item, each in English for the command line and in Chinese for the bench: one table, one row a kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELDS_AND_VALUES = "must be fields and values: 'name: value' in a line each", "应为“名称: 值”，每行一个"
WORDS: Mapping[str, tuple[str, str]] = {
    # the shape of a value
    "missing": ("is missing; add it", "缺少这一项，请补上"),
    "extra_forbidden": ("is not a field of an item{meant}; correct the name or remove it", "事项没有这一项{meant}，请改正名称或删除"),
    "meant": (" (did you mean {name}?)", "（是否应为 {name}？）"),
    "nothing": ("", ""),
    "enum": ("is not known here; choose {expected}", "这里没有这个值，请从下列中选择：{expected}"),
    "literal_error": ("is not known here; choose {expected}", "这里没有这个值，请从下列中选择：{expected}"),
    "union_tag_not_found": (
        "needs one of change, expires_within_days, newly_covers",
        "需要 change、expires_within_days、newly_covers 之一",
    ),
    "string_type": ("must be text; put it in quotes", "应为文本，请加引号"),
    "string_too_short": ("is too short; at least {min_length} characters", "太短，至少{min_length}个字"),
    "string_too_long": ("is too long; at most {max_length} characters", "太长，最多{max_length}个字"),
    "string_pattern_mismatch": (
        "has a character or a length that is not allowed; it must match {pattern}",
        "字符或长度不符合要求，应匹配 {pattern}",
    ),
    "greater_than": ("is too small; more than {gt}", "太小，应大于{gt}"),
    "greater_than_equal": ("is too small; at least {ge}", "太小，至少为{ge}"),
    "less_than_equal": ("is too large; at most {le}", "太大，最多为{le}"),
    "too_short": ("needs at least {min_length} entry", "至少需要{min_length}项"),
    "too_long": ("may have at most {max_length} entries", "最多{max_length}项"),
    "list_type": ("must be a list: '- value' in a line each, or [a, b]", "应为列表：每行一个“- 值”，或写成 [a, b]"),
    "dict_type": FIELDS_AND_VALUES,
    "model_type": FIELDS_AND_VALUES,
    "model_attributes_type": FIELDS_AND_VALUES,
    "int_": ("must be a whole number", "应为整数"),
    "bool_": ("must be true or false", "应为 true 或 false"),
    "date_": ("must be a date such as 2026-11-23", "应为日期，例如 2026-11-23"),
    "other": ("{told}", "不符合要求（{told}）"),
    # what does not fit together
    "unknown_source": ("no registry has {source!r}", "登记库中没有 {source}"),
    "brace": ("has a brace too few or too many; use only {only}", "花括号不成对，只能使用 {only}"),
    "placeholder": ("{{{name}}} cannot be filled in; use only {only}", "{{{name}}} 无法填入，只能使用 {only}"),
    "remind_days": ("must descend and begin below expires_within_days", "应从大到小，并小于 expires_within_days"),
    "after_days": ("must ascend and end before expire_after_days", "应从小到大，并小于 expire_after_days"),
    "no_column": (
        "the {registry} registry has no such column; it has {columns}",
        "登记库 {registry} 没有这一列，有的列是：{columns}",
    ),
    "null": ("may not be null", "不能为空（null）"),
    "no_date": ("{value!r} is not a date such as 2026-11-23", "{value} 不是日期，应写成 2026-11-23 这样"),
    "kind": ("does not fit kind {kind}, which needs {key}", "与 kind {kind} 不符，该类事项需要 {key}"),
    "staying": ("{requirement} only fits a change of an address", "{requirement} 只适用于地址变更"),
    "return_ways": (
        "are given exactly when certificates.old_returns is true",
        "当且仅当 certificates.old_returns 为 true 时填写",
    ),
    "promised": ("may not be longer than limits.legal ({legal})", "不能长于法定时限 limits.legal（{legal}）"),
    "taken_name": ("{name!r} is already taken by another field; names must differ", "{name} 已用于另一个字段，名称不能重复"),
    "hit_and_miss": ("need at least one hit and one near miss", "至少需要一个命中和一个不命中的规则测试"),
    "name_fields": ("name the changed fields exactly when a change item hits", "变更类事项命中时写明变更的字段，其他情况不写"),
    "only_changing": ("may only name fields of trigger.change", "只能写 trigger.change 中的字段"),
    "taken": ("{value} is also the {field} of {others}; give each item its own", "{value} 与 {others} 的 {field} 重复，请另取一个"),
    # the file
    "empty": ("the file is empty; an item begins with its code", "内容为空；事项从 code 开始写"),
    "no_item": ("no item is in this folder; the names of items end in .yaml", "文件夹中没有事项；事项的文件名以 .yaml 结尾"),
    "unreadable": ("cannot be read: {why}", "无法读取（{why}）"),
    "too_large": ("is larger than {most} KiB, which no item is", "超过 {most} KiB，事项不会这么大"),
    "not_utf8": ("is not UTF-8; save the file with the encoding UTF-8", "不是 UTF-8 编码，请另存为 UTF-8"),
    "twice": ("is given twice; the other is in line {first}", "写了两次，另一处在第{first}行"),
    "yaml": ("not valid YAML: {hint}", "YAML 格式有误：{hint}"),
    "yaml_other": ("{told}", "请检查这一行和上一行（{told}）"),
    "yaml_control": ("a control character is in the text; remove it", "文本中有控制字符，请删除"),
    "yaml_alias": ("references (*name) are not allowed; write the value out", "不能使用引用（*name），请直接写出值"),
    "yaml_tag": ("tags ({told}) are not allowed; if it is text, put it in quotes", "不能使用标签；如果是文本，请加引号"),
    "yaml_deep": ("nested deeper than {most} levels", "嵌套超过{most}层"),
    "yaml_token": (
        "a value may not begin with this character; indent with spaces instead of tabs, or put the value in quotes",
        "值不能以这个字符开头；缩进请用空格，不用制表符，或给值加引号",
    ),
    "yaml_colon": ("a value that contains ': ' needs quotes", "含有“: ”的值需要加引号"),
    "yaml_open": ("a quote or bracket is not closed", "引号或括号没有闭合"),
    "yaml_indent": ("this line is indented differently from its neighbours", "这一行的缩进与相邻行不一致"),
    "yaml_no_colon": ("a ':' is missing after the name of the field", "名称后面缺少“:”"),
    "yaml_comma": ("a comma or the closing bracket is missing", "缺少逗号或右括号"),
    "yaml_single": ("a file holds one item; remove the line '---' and what follows", "一个文件只写一个事项，请删除“---”这一行及其后的内容"),
    # the rule, its tests, and what publishing would do
    "rule": ("line {line}, column {column}: {told}", "附加条件第{line}行第{column}列写法有误（{told}）"),
    "persona_hit": ("{name}: expected a hit, got no hit ({why})", "{name}：应当命中，实际不命中（{why}）"),
    "persona_no_hit": ("{name}: expected no hit, got a hit ({why})", "{name}：应当不命中，实际命中"),
    "persona_fields": ("{name}: expected fields {wanted}, got {found}", "{name}：应当变更的字段是 {wanted}，实际是 {found}"),
    "none_hits": (
        "none hits; add an ordinary case that the item is for, with `hit: true`",
        "没有命中的示例；请加一个本事项通常的情形，写明 hit: true",
    ),
    "none_dirty": (
        "none is dirty; add one as real rows are, such as a credit_code in small letters or an empty name",
        "没有脏数据示例；请按真实数据加一个，例如小写的 credit_code 或空的 name",
    ),
    "near_miss": (
        "no near miss for {name}; add a persona with `hit: false` in which only this keeps the item from hitting: {example}",
        "没有只差 {name} 的示例；请加一个 hit: false、仅因这一条不命中的规则测试，例如 {example}",
    ),
    "moved": (
        "{numbers}; more than {least} hits and {percent:g} % move: look at them with `wugan items simulate FILE --against current`; "
        "if they are right, publish with --accept",
        "新增或不再命中的超过{least}件且超过{percent:g}%：现有命中{before}件，新版本{hits}件，其中新增{newly}件、不再命中{no_longer}件；请核对模拟结果，确认无误后勾选确认再发布",
    ),
}  # fmt: skip


class Said(str):
    """A sentence in English that knows itself in Chinese. Made by `said`."""

    chinese: str


def said(code: str, **facts: Any) -> Said:
    """The sentence of a row of WORDS with these facts, which may be sentences themselves."""
    english, chinese = WORDS[code]
    told = Said(english.format_map(facts))
    told.chinese = chinese.format_map({name: fact.chinese if isinstance(fact, Said) else fact for name, fact in facts.items()})
    return told
