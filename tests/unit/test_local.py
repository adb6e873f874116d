"""The vendors of a rehearsal from both sides: the document is one that the product takes, and its links are whole."""

from __future__ import annotations

import json

import pytest

from infra.local import vendors
from infra.local.stack import LocalStack, quoted
from tests.support.template import template
from wugan.items.model import Channel, Jurisdiction
from wugan.outreach.carrier import Field as Variable
from wugan.outreach.carrier import Source, Template
from wugan.outreach.port import Message
from wugan.vendors import model

URL = "http://127.0.0.1:12345"
KEY = "0123456789abcdef012345"
NAMES = {"vendor", "sm4", "department_qd", "department_pd"}


def test_the_document_fits_into_a_parameter_and_names_only_what_the_template_makes() -> None:
    text = vendors.document(URL, "LX")
    assert len(text.encode()) < 4096  # CloudFormation's limit
    document = model.read(text)
    assert set(model.secret_names(document)) == NAMES
    assert document.of("LX").department == "desk"
    assert isinstance(document.of("QD").department, model.Platform)


def test_each_platform_signs_with_what_the_template_makes() -> None:
    made = json.loads(template()["Resources"]["VendorSecret"]["Properties"]["SecretString"]["Fn::Sub"].replace("${SandboxKey}", KEY))
    account = vendors.accounts(KEY, URL).department
    assert account
    assert account.secrets == {j: made[vendors.platform_key(j)] for j in Jurisdiction}
    assert len(set(account.secrets.values())) == len(Jurisdiction)


def test_every_courier_and_both_vendors_of_sms_and_faces_come_first_somewhere() -> None:
    document = model.read(vendors.document(URL, "LX"))
    bureaus = [document.of(j) for j in Jurisdiction]
    assert {b.couriers.options[0].vendor for b in bureaus if b.couriers} == {"sf", "ems", "kuaidi100"}
    assert {b.identity.faces[0].vendor for b in bureaus if b.identity} == {"tencent", "aliyun"}
    assert {b.sms[0].vendor for b in bureaus} == {"tencent", "aliyun"}


def test_what_is_made_from_the_key_is_what_emss_cipher_takes() -> None:
    from base64 import b64decode

    from cryptography.hazmat.primitives.ciphers.algorithms import SM4

    assert SM4(b64decode(vendors.sm4_key(KEY)))


def test_the_link_in_an_sms_is_the_link_that_was_sent() -> None:
    """The template holds scheme and host, the variable the rest."""
    stack = LocalStack(port=4566)
    link = f"{stack.public_url}/c/token"
    filled = Template("1", (Variable("path", Source.PATH),)).fill(Message("a-push-1", Channel.SMS, "1", "x", link))
    assert stack.vendors().sms_tencent
    text = stack.vendors().sms_tencent.templates[vendors.PROMPT]  # type: ignore[union-attr]
    assert text.replace("{2}", filled["path"]).endswith(f"：{link}")


@pytest.mark.parametrize(("value", "as_sam_reads_it"), [("plain", "plain"), ('{"a": "b\\n"}', '"{\\"a\\": \\"b\\\\n\\"}"')])
def test_a_parameter_is_quoted_where_it_must_be(value: str, as_sam_reads_it: str) -> None:
    assert quoted(value) == as_sam_reads_it
