"""docs/vendors.md is the truth: its example loads, and it tells of every field."""

from __future__ import annotations

import re

import yaml

from tests.support.template import ROOT
from wugan.vendors import model

PAGE = (ROOT / "docs" / "vendors.md").read_text(encoding="utf-8")


def example() -> model.Vendors:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return model.parse(yaml.safe_load(found[1]))


def test_the_example_is_a_document_that_production_takes() -> None:
    vendors = example()
    model.check_production(vendors)
    assert {one.vendor for one in vendors.default.sms} == {"tencent", "aliyun"}
    assert vendors.of("PD").app is None
    assert vendors.of("LX").app == vendors.default.app


def test_the_example_shows_every_vendor_and_needs_every_kind_of_secret() -> None:
    vendors = example()
    used = {type(part) for _, part in model.parts(vendors, "")}
    kinds = {kind for kind in vars(model).values() if isinstance(kind, type) and issubclass(kind, model.Strict)}
    assert kinds - used == {model.Strict}


def test_the_page_names_every_callback() -> None:
    from wugan.web.callbacks_app import VENDORS

    for path in VENDORS.values():
        assert path.replace("/{vendor}", "/") in PAGE
