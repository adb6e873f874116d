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
    # the further condition
    "rule": ("line {line}, column {column}: {told}", "附加条件第{line}行第{column}列写法有误（{told}）"),
    # how a further condition is written: its pieces
    "rule_long": ("the rule is longer than {most:,} characters; make two items of it", "条件超过{most:,}个字符，请拆成两个事项"),
    "rule_empty": ("the rule is empty; write a condition, or leave `when` out", "条件为空；请写一个条件，或去掉 when"),
    "rule_invisible": ("an invisible character (U+{number:04X}) is here; delete it", "这里有一个看不见的字符（U+{number:04X}），请删除"),
    "rule_unclosed": (
        "a text that begins here is not closed; add ' at its end, and write ' inside a text twice",
        "从这里开始的文本没有结束；请在末尾加 '，文本中的 ' 要写两次",
    ),
    "rule_foreign": ("what begins here is not part of the language; texts stand in single quotes", "这里的写法不能使用；文本用单引号"),
    "rule_comment": ("comments are not part of a rule; remove it", "条件中不能写注释，请删除"),
    "rule_instead": ("write {right} instead of {wrong}", "请把 {wrong} 写成 {right}"),
    "rule_write": ("write {right}", "请写成 {right}"),
    "rule_semicolon": ("a rule is one condition; remove what begins with ';'", "只能写一个条件，请删除“;”和它后面的内容"),
    "rule_find": (
        "to look for a text, write contains(feature, 'text') or starts_with(feature, 'text')",
        "要查找文本，请写 contains(数据项, '文本') 或 starts_with(数据项, '文本')",
    ),
    "rule_calculates": ("a rule does not calculate; compare a feature with a value", "条件不做计算，请直接把数据项与值比较"),
    "rule_commands": (
        "a rule is one condition over features; it reads no tables or files and gives no commands",
        "只能写一个关于数据项的条件，不能读表、读文件或下命令",
    ),
    "rule_double_quotes": (
        "double quotes are not part of the language; write names without quotes and texts in single quotes",
        "不能用双引号；名称不加引号，文本用单引号",
    ),
    "rule_numbers": ("numbers go from -{most:,} to {most:,}", "数字只能在 -{most:,} 到 {most:,} 之间"),
    "rule_digits": ("{raw} is no whole number; write digits only", "{raw} 不是整数，请只写数字"),
    "rule_title": ("write {name} for {title}", "“{title}”请写成 {name}"),
    "rule_unknown": ("{raw} is not part of the language", "{raw} 不能使用"),
    "rule_quotes": ("write a text in single quotes, and ' inside it twice", "文本用单引号，其中的 ' 要写两次"),
    "rule_one_line": ("a text stands in one line, without tabs", "文本只能写在一行，不能有制表符"),
    "rule_text_long": ("a text has at most {most} characters", "文本最多{most}个字符"),
    "rule_space": (
        "this is another kind of space (U+{number:04X}); write an ordinary one",
        "这不是普通空格（U+{number:04X}），请改成普通空格",
    ),
    "rule_full_width": ("{character} is not the half-width sign; write {plain}", "“{character}”不是半角符号，请写成 {plain}"),
    "rule_letters": (
        "{word} is not part of the language, whose names have only a-z and _ ({character} is U+{number:04X}, {name})",
        "“{word}”不能使用；数据项的名称只有字母 a-z 和 _（“{character}”是 U+{number:04X}）",
    ),
    "rule_closes_none": ("no parenthesis is open that this one could close; remove it", "没有与之配对的左括号，请删除这个右括号"),
    "rule_nesting": ("parentheses and NOT nest at most {most} deep", "括号与 NOT 最多嵌套{most}层"),
    "rule_open": ("this parenthesis is not closed; add )", "这个括号没有闭合，请加上 )"),
    # and what it says
    "rule_parts": (
        "the rule has {parts} parts (features, values, comparisons, AND, OR, NOT); at most {most}",
        "条件由{parts}个部分组成（数据项、值、比较、AND、OR、NOT），最多{most}个",
    ),
    "rule_in_full": ("written out in full: {told}", "展开写全之后：{told}"),
    "rule_deep": ("nested too deeply; at most {most} parentheses and NOTs", "嵌套过深，括号与 NOT 合计最多{most}层"),
    "rule_filing": (
        "{feature} is a fact of a certificate, and a filing item looks at the registration only",
        "{feature} 是证照的数据，备案事项只看登记信息",
    ),
    "rule_no_feature": ("there is no feature {name}; {nearest}", "没有数据项 {name}；{nearest}"),
    "rule_no_function": ("there is no function {name}; {nearest}", "没有函数 {name}；{nearest}"),
    "rule_nearest": ("did you mean {name}?", "是否应为 {name}？"),
    "rule_listed": ("docs/rules.md lists all of them", "全部名称见 docs/rules.md"),
    "rule_joined": (
        "{sign} is not expected here; is AND, OR or a comparison missing before it?",
        "这里不应出现 {sign}；前面是否少了 AND、OR 或一个比较？",
    ),
    "rule_comma": ("a comma, or the end of the list, is expected near {sign}", "{sign} 附近缺少逗号或列表的结尾"),
    "rule_missing": (
        "something is missing near {sign}; a comparison reads feature = value",
        "{sign} 附近少了内容；比较写成：数据项 = 值",
    ),
    "rule_condition": ("a condition is expected here, such as feature = value", "这里应写一个条件，例如：数据项 = 值"),
    "rule_alone": (
        "{this} and no condition by itself; compare it, such as {sample}",
        "{this}，单独不成条件；请加上比较，例如 {sample}",
    ),
    "rule_no_order": ("{this}, which has no order; compare it with = or <>", "{this}，不分大小；请用 = 或 <> 比较"),
    "rule_unlike": ("{this}, but {other}", "{this}，而{other}"),
    "rule_days": (
        "{feature} counts days and compares with a whole number only, such as {feature} <= 60",
        "{feature} 是天数，只能与整数比较，例如 {feature} <= 60",
    ),
    "rule_in": ("after IN come 1 to {most} values in parentheses", "IN 后面应为括号里的1到{most}个值"),
    "rule_is": (
        "after IS comes NULL or NOT NULL; a truth value stands alone, such as blacklisted or NOT blacklisted",
        "IS 后面应为 NULL 或 NOT NULL；是非类数据项可以单独写，例如 blacklisted 或 NOT blacklisted",
    ),
    "rule_no_text": ("{this}; {name} looks in texts", "{this}；{name} 只用于文本"),
    "rule_fixed": ("{feature} has fixed values; write {feature} = '{value}'", "{feature} 的值是固定的，请写成 {feature} = '{value}'"),
    "rule_feature": ("a feature is expected here; a comparison reads feature = value", "这里应写数据项；比较写成：数据项 = 值"),
    "rule_as_feature": ("{name} is no feature; write {right}", "{name} 不是数据项，请写成 {right}"),
    "rule_as_type": ("{this}; write {right}", "{this}；请写成 {right}"),
    "rule_never": ("{feature} never is {value}; {choice}", "{feature} 不会是 {value}；{choice}"),
    "rule_choices": ("it is one of {values}", "只能是下列之一：{values}"),
    "rule_stands_for": ("{value} stands for a missing value; use IS NULL", "{value} 表示没有值，请用 IS NULL"),
    "rule_written_long": ("a text has at most {most} characters, each written out", "文本展开写全后最多{most}个字符"),
    "rule_null": (
        "nothing equals NULL; to ask whether a feature is missing, use IS NULL",
        "任何值都不等于 NULL；要判断数据项是否缺失，请用 IS NULL",
    ),
    "rule_value": (
        "a value is expected here: 60, 'text', DATE '2026-11-23', TRUE or FALSE",
        "这里应写值，例如 60、'文本'、DATE '2026-11-23'、TRUE 或 FALSE",
    ),
    "rule_no_day": (
        "no such day; dates are written DATE 'YYYY-MM-DD', from {first} to {last}",
        "没有这一天；日期写成 DATE 'YYYY-MM-DD'，从{first}年到{last}年",
    ),
    "rule_a_text": ("{feature} is a text", "{feature} 是文本"),
    "rule_a_number": ("{feature} is a whole number", "{feature} 是整数"),
    "rule_a_date": ("{feature} is a date", "{feature} 是日期"),
    "rule_a_boolean": ("{feature} is true or false", "{feature} 是“是”或“否”"),
    "rule_sample_boolean": ("TRUE or FALSE", "TRUE 或 FALSE"),
    "rule_unquoted": ("{value} without quotes", "{value}，不加引号"),
    # its tests, and what publishing would do
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
    "near_when": (
        "records in which {condition} does not hold; if none can, other conditions ask for it: remove it from `when`",
        "使 {condition} 不成立的记录；如果做不到，说明其他条件已包含它，请从 when 中去掉",
    ),
    "near_record": ("{record}", "{record} 这样的记录"),
    "near_changed": ("a change of a field that trigger.change does not name", "trigger.change 之外的字段发生变更"),
    "near_property": ("no property", "名下没有不动产"),
    "near_place": ("an address in another district", "迁到其他区市的地址"),
    "near_road": ("an address on another road", "迁到其他道路的地址"),
    "near_premises": ("a premises_address in another district", "迁到其他区市的 premises_address"),
    "near_expiry": ("certificate: {{valid_until: {days} days after today}}", "certificate: {{valid_until: 今天之后{days}天}}"),
    "near_scope": ("business: {{scope_changed_on: {days} days before today}}", "business: {{scope_changed_on: 今天之前{days}天}}"),
    "near_body": ("business: {{registering_body: one of another area}}", "business: {{registering_body: 其他区市的登记机关}}"),
    "near_jurisdiction": (
        "certificate: {{jurisdiction: one that the item does not have}}",
        "certificate: {{jurisdiction: 本事项没有的地区}}",
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
