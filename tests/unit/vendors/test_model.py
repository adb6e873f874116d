"""The vendors' document: strict, and every error names its field and no value."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.support.vendors import SECRETS, document
from wugan.errors import InvalidInput, NotFound
from wugan.items.model import Jurisdiction
from wugan.vendors import departments, model

URL = "https://vendor.example.cn"


def changed(path: str, value: Any) -> dict[str, Any]:
    """The tests' document with one value set; "-" removes it."""
    found = copy.deepcopy(document(URL))
    part: Any = found
    *way, last = path.split(".")
    for step in way:
        part = part[int(step) if isinstance(part, list) else step]
    if value == "-":
        del part[last]
    else:
        part[last] = value
    return found


def test_a_bureau_has_its_own_sections_over_the_defaults() -> None:
    vendors = model.parse(document(URL))
    assert vendors.of("QD") == vendors.of("PD") == vendors.default
    other = vendors.of("LX")
    assert (other.wechat, other.app) == (None, None)
    assert [one.vendor for one in other.sms] == ["aliyun"]
    assert other.couriers
    assert [one.vendor for one in other.couriers.options] == ["kuaidi100"]


def test_an_empty_document_is_a_desk_without_vendors() -> None:
    bureau = model.read("{}").of(Jurisdiction.QD)
    assert (bureau.wechat, bureau.sms, bureau.couriers, bureau.department) == (None, (), None, "desk")


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("default.wechat.app_id", "-", "default.wechat.app_id"),
        ("default.wechat.colour", "red", "default.wechat.colour"),
        ("default.wechat.template.fields", [], "default.wechat.template.fields"),
        ("default.sms.0.vendor", "sms-r-us", "default.sms.0"),
        ("default.sms.1.weight", -1, "default.sms.1.aliyun.weight"),
        ("default.sms.0.callback_key", "-", "default.sms.0.tencent.callback_key"),
        ("default.identity.code_key", "Not-A-Name", "default.identity.code_key"),
        ("default.couriers.options", [], "default.couriers.options"),
        ("default.couriers.options.0.endpoint", "sf.example.cn", "default.couriers.options.0.sf.endpoint"),
        ("default.couriers.options.0.endpoint", "ftp://sf.example.cn", "default.couriers.options.0.sf.endpoint"),
        ("default.couriers.options.0.endpoint", "https://a:b@sf.example.cn", "default.couriers.options.0.sf.endpoint"),
        ("default.department", "counter", "default.department"),
        ("jurisdictions.XX", {}, "jurisdictions.XX"),
        ("jurisdictions.LX.department.endpoint", "-", "jurisdictions.LX.department"),
    ],
)
def test_what_is_wrong_is_named(path: str, value: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        model.parse(changed(path, value))
    assert str(caught.value.field).startswith(field)


def test_no_vendor_twice() -> None:
    twice = document(URL)
    twice["default"]["sms"] *= 2
    with pytest.raises(InvalidInput, match="sms"):
        model.parse({"default": {**twice["default"], "sms": twice["default"]["sms"][::2]}})


def test_a_secret_put_in_place_of_its_name_is_refused_and_not_repeated() -> None:
    secret = "Zm9vYmFyMTIzNDU2Nzg5MA=="
    with pytest.raises(InvalidInput) as caught:
        model.parse(changed("default.wechat.app_secret", secret))
    assert caught.value.field == "default.wechat.app_secret"
    assert secret not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "7", '{"default": 7}'])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        model.read(text)


def test_it_knows_which_secrets_it_needs() -> None:
    needed = set(model.secret_names(model.parse(document(URL))))
    assert needed == set(SECRETS) - {"registry"}


def test_a_platform_signs_under_the_name_department_unless_its_bureau_has_another() -> None:
    own = {"LX": {"department": {"endpoint": f"{URL}/lx", "key": "department_lx"}}}
    vendors = model.parse({"default": {"department": {"endpoint": URL}}, "jurisdictions": own})
    secrets = {"department": "one", "department_lx": "other"}
    keys = {name: departments.platform_key(vendors.of(name), secrets.__getitem__) for name in Jurisdiction}
    assert keys == {"QD": "one", "PD": "one", "LX": "other"}
    assert set(model.secret_names(vendors)) == set(secrets)


def test_a_desk_has_no_platforms_key() -> None:
    with pytest.raises(NotFound):
        departments.platform_key(model.parse({}).of(Jurisdiction.QD), SECRETS.__getitem__)


def test_two_platforms_do_not_share_a_key() -> None:
    own = {"LX": {"department": {"endpoint": f"{URL}/lx"}}}
    with pytest.raises(InvalidInput, match=r"department\.key"):
        model.parse({"default": {"department": {"endpoint": URL}}, "jurisdictions": own})


def test_every_endpoint_is_found_and_refused_where_it_is_not_public() -> None:
    paths = model.endpoints(model.parse(document(URL)))
    assert {path.rpartition(".")[2] for path in paths} == {"endpoint", "order_endpoint", "query_endpoint"}
    assert len(paths) == 12
    model.check_production(model.parse(document(URL)))
    for path in paths:
        private = model.parse(changed(path, "https://10.1.2.3/x"))
        with pytest.raises(InvalidInput, match="public") as caught:
            model.check_production(private)
        assert caught.value.field == path


def test_every_text_that_looks_like_an_address_is_an_endpoint() -> None:
    text = json.dumps(document(URL))
    assert text.count(URL) == len(model.endpoints(model.parse(document(URL))))
