from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.courier.area import Area, divide
from wugan.courier.ems import whole

HOME = Area("山东省", "青岛市", "市北区")


@pytest.mark.parametrize(
    ("address", "area", "rest"),
    [
        ("山东省青岛市市南区省府路1号", Area("山东省", "青岛市", "市南区"), "省府路1号"),
        ("青岛市 市南区 演示路1号", Area("山东省", "青岛市", "市南区"), "演示路1号"),
        ("市南区超市旁", Area("山东省", "青岛市", "市南区"), "超市旁"),
        ("演示路小区3号", Area("山东省", "青岛市", "市北区"), "演示路小区3号"),
        ("青岛市演示路1号", Area("山东省", "青岛市", ""), "演示路1号"),
        ("济南市历下区1号", Area("", "济南市", "历下区"), "1号"),
        ("北京市市辖区朝阳区1号", Area("北京市", "北京市", "朝阳区"), "1号"),
        ("上海路1号", Area("山东省", "青岛市", "市北区"), "上海路1号"),
        ("新疆维吾尔自治区乌鲁木齐市新市区北京路1号", Area("新疆维吾尔自治区", "乌鲁木齐市", "新市区"), "北京路1号"),
        ("湖北省荆州市沙市区1号", Area("湖北省", "荆州市", "沙市区"), "1号"),
        ("内蒙古自治区锡林郭勒盟锡林浩特市1号", Area("内蒙古自治区", "锡林郭勒盟", "锡林浩特市"), "1号"),
    ],
)
def test_addresses_are_divided(address: str, area: Area, rest: str) -> None:
    assert divide(address, HOME) == (area, rest)


@given(st.text(alphabet="山东省青岛市南区县路1号北京自治 "))
def test_nothing_of_an_address_is_lost(address: str) -> None:
    area, rest = divide(address, Area())
    whole = address.replace(" ", "")
    assert whole.endswith(rest)
    assert all(part in whole for part in (area.province, area.city, area.county))


def test_an_area_holds_what_lies_in_it() -> None:
    assert Area().holds(HOME)
    assert Area("山东省").holds(HOME)
    assert not Area("山东省", "青岛市", "市南区").holds(HOME)
    assert not HOME.holds(Area("山东省"))


@pytest.mark.parametrize(
    ("address", "area"),
    [
        ("青岛市行政审批服务局审批窗口", HOME),
        ("莱西市行政审批服务局审批窗口", Area("山东省", "青岛市", "莱西市")),
        ("青岛市市南区演示路1号", Area("山东省", "青岛市", "市南区")),
        ("济南市演示路1号", Area("", "济南市", "")),
    ],
)
def test_for_ems_an_address_in_the_bureaus_city_is_made_whole(address: str, area: Area) -> None:
    home = Area("山东省", "青岛市", "莱西市") if address.startswith("莱西") else HOME
    assert whole(divide(address, home)[0], home) == area
