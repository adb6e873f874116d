"""Addresses that a courier finds, and everything wrong at once."""

from __future__ import annotations

import pytest

from wugan.cases.declaration import HOMES, findable
from wugan.items.model import Jurisdiction


@pytest.mark.parametrize(
    ("address", "bureau", "found"),
    [
        ("山东省青岛市市南区香港中路10号", "QD", True),
        ("青岛市市南区香港中路10号", "QD", True),
        ("市南区香港中路10号", "QD", True),
        ("香港中路10号二单元", "QD", False),
        ("胶州市福州南路1号", "QD", True),
        ("莱西市威海路1号", "LX", True),
        ("威海路1号院内", "LX", True),
        ("平度市人民路2号", "PD", True),
        ("市北区人民路2号", "PD", True),
        ("浙江省杭州市西湖区文三路1号", "QD", True),
        ("浙江省杭州市文三路1号", "QD", False),
        ("杭州市西湖区文三路1号", "QD", False),
        ("北京市朝阳区建国路1号", "QD", True),
        ("山东省青岛市市南区", "QD", False),
        ("一二三四五六七八", "QD", False),
    ],
)
def test_an_address_tells_province_city_and_district(address: str, bureau: str, found: bool) -> None:
    assert findable(address, bureau) is found


def test_each_bureau_has_its_home() -> None:
    assert set(HOMES) == set(Jurisdiction)
