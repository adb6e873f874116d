"""A bureau's message channels from its document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from wugan.clouds.aliyun import AliyunCloud
from wugan.clouds.tencent import TencentCloud
from wugan.config import REHEARSALS
from wugan.items.model import Channel
from wugan.outreach import carrier, city_app, sms_aliyun, sms_tencent, wechat
from wugan.outreach.channels import Channels, Rehearsal
from wugan.outreach.failover import Failover
from wugan.outreach.port import Message, Messenger
from wugan.outreach.sendlog import SendLog
from wugan.outreach.tokens import TokenStore
from wugan.vendors import model
from wugan.vendors.kit import Kit

Weighted = list[tuple[carrier.Carrier, float]]


def messenger(bureau: model.Bureau, kit: Kit, log: SendLog, tokens: TokenStore) -> Messenger:
    """The message port over all channels that the bureau has."""
    found: dict[Channel, Weighted] = {}
    if bureau.wechat:
        found[Channel.WECHAT] = [(_wechat(bureau.wechat, kit, tokens), 1)]
    if bureau.sms:
        found[Channel.SMS] = [(_sms(one, one.prompt, kit), one.weight) for one in bureau.sms]
    if bureau.app:
        found[Channel.APP] = [(_app(bureau.app, kit, tokens), 1)]
    return _front({channel: Failover(carriers, log, kit.clock, Random(), kit.pace) for channel, carriers in found.items()}, kit)


def send_code(bureau: model.Bureau, kit: Kit, log: SendLog) -> Callable[[str, str, str], object]:
    """Hands a one-time code to the SMS vendors that have a template for it: `(message id, mobile, code)`."""
    carriers = [(_sms(one, one.code, kit), one.weight) for one in bureau.sms if one.code]
    messengers: dict[Channel, Messenger] = {Channel.SMS: Failover(carriers, log, kit.clock, Random(), kit.pace)} if carriers else {}
    channels = _front(messengers, kit)
    return lambda id, mobile, code: channels.send(Message(id, Channel.SMS, mobile, code, None))


def _front(messengers: Mapping[Channel, Messenger], kit: Kit) -> Messenger:
    """Each channel by its own; in rehearsals behind the recipients to rehearse with."""
    channels = Channels(messengers)
    return Rehearsal(channels, kit.stage) if kit.stage in REHEARSALS else channels


def _wechat(one: model.Wechat, kit: Kit, tokens: TokenStore) -> wechat.Wechat:
    shared = wechat.WechatTokens(one.endpoint, one.app_id, kit.secret(one.app_secret), tokens, kit.clock, kit.client)
    return wechat.Wechat(one.endpoint, _template(one.template), shared, kit.client, one.subscription)


def _app(one: model.App, kit: Kit, tokens: TokenStore) -> city_app.CityApp:
    shared = city_app.CityAppTokens(one.endpoint, one.client_id, kit.secret(one.client_secret), tokens, kit.clock, kit.client)
    return city_app.CityApp(one.endpoint, shared, kit.client)


def _sms(one: model.TencentSms | model.AliyunSms, template: model.Template, kit: Kit) -> carrier.Carrier:
    if isinstance(one, model.TencentSms):
        key, service, version = kit.secret(one.secret_key), sms_tencent.SERVICE, sms_tencent.VERSION
        tencent = TencentCloud(one.endpoint, service, version, one.region, one.secret_id, key, kit.clock, kit.client)
        return sms_tencent.TencentSms(tencent, one.app_id, one.sign_name, _template(template), kit.clock)
    nonce = lambda: kit.random_hex(16)  # noqa: E731
    aliyun = AliyunCloud(one.endpoint, sms_aliyun.VERSION, one.key_id, kit.secret(one.key_secret), kit.clock, nonce, kit.client)
    return sms_aliyun.AliyunSms(aliyun, one.sign_name, _template(template))


def _template(one: model.Template) -> carrier.Template:
    return carrier.Template(one.id, tuple(carrier.Field(field.name, field.source, field.most) for field in one.fields))
