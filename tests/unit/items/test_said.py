"""Every kind of problem has its words in English and in Chinese, and the code uses no others."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from tests.support.template import ROOT
from wugan.bench.draft import check
from wugan.items.said import WORDS, said

SOURCES = [path for folder in ("items", "detection", "bench") for path in (ROOT / "layers/wugan/python/wugan" / folder).glob("*.py")]
GOOD = (ROOT / "items/social-group-certificate-renewal.yaml").read_text(encoding="utf-8")


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", [code for code in WORDS if code != "nothing"])
def test_each_has_chinese_with_no_facts_but_those_of_its_english(code: str) -> None:
    english, chinese = WORDS[code]
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert not re.search(r"[\u4e00-\u9fff]", english)
    assert _facts(chinese) <= _facts(english) | ({"before", "hits", "newly", "no_longer"} if code == "moved" else set())


def test_all_that_is_said_is_in_the_table() -> None:
    used = {code for path in SOURCES for code in re.findall(r'\bsaid\(\s*"(\w+)"', path.read_text(encoding="utf-8"))}
    assert used <= set(WORDS)
    assert len(used) > 40


def test_a_sentence_within_a_sentence_is_chinese_too() -> None:
    told = said("extra_forbidden", meant=said("meant", name="number"))
    assert told == "is not a field of an item (did you mean number?); correct the name or remove it"
    assert told.chinese == "事项没有这一项（是否应为 number？），请改正名称或删除"


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("number: 16", "number: 0", "太小，至少为1"),
        ("number: 16", "number: x", "应为整数"),
        ("number: 16", "numbr: 16", "是否应为 number？"),
        ("number: 16", "number: 16\nnumber: 16", "写了两次，另一处在第"),
        ("number: 16", "number: '16", "引号或括号没有闭合"),
        ("number: 16", "number: !x 16", "不能使用标签"),
        ("promised: ", "promised: 9", "太大，最多为20"),
        ("kind: renewal", "kind: change", "与 kind change 不符"),
        ("number: 16", "number: 16\nwhen: bussiness_status = 'active'", "没有数据项 bussiness_status；是否应为 business_status？"),
        ("number: 16", "number: 16\nwhen: business_status = '注销'", "business_status 不会是 '注销'；只能是下列之一"),
        ("number: 16", "number: 16\nwhen: blacklisted LIKE 'x'", "要查找文本，请写 contains"),
    ],
)
def test_what_is_wrong_with_a_draft_is_told_in_chinese(good: str, bad: str, words: str) -> None:
    assert good in GOOD
    told = [problem.message.chinese for problem in check(GOOD.replace(good, bad, 1), ()).problems]
    assert any(words in one for one in told)
