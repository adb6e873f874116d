"""The vendors' routes, at their real paths, so that only the host of an endpoint changes.

Tencent Cloud and Alibaba Cloud both answer at `/`; they are told apart by their headers, as their own gateways do by host.
"""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.routing import Rule as Route
from werkzeug.wrappers import Request, Response

from infra.sandbox.box import Box
from infra.sandbox.vendors import acs, cloudauth_aliyun, faceid_tencent, sms_aliyun, sms_tencent, tc3
from infra.sandbox.vendors.city_app import CityApp
from infra.sandbox.vendors.department import Department
from infra.sandbox.vendors.ems import Ems
from infra.sandbox.vendors.kuaidi100 import Kuaidi100
from infra.sandbox.vendors.sf import Sf
from infra.sandbox.vendors.wechat import Wechat

POST = ["POST"]
BOTH = ["GET", "POST"]


class Mount:
    """All vendors behind one port."""

    def __init__(self, box: Box) -> None:
        self._sms_tencent = sms_tencent.SmsTencent(box)
        self._faceid = faceid_tencent.FaceidTencent(box)
        self._sms_aliyun = sms_aliyun.SmsAliyun(box)
        self._cloudauth = cloudauth_aliyun.CloudauthAliyun(box)
        sf, ems, kuaidi100, wechat, city, department = Sf(box), Ems(box), Kuaidi100(box), Wechat(box), CityApp(box), Department(box)
        self._served: dict[str, Callable[..., Response]] = {
            "sf": sf.serve,
            "ems": ems.serve,
            "kd_order": kuaidi100.border,
            "kd_query": kuaidi100.query,
            "kd_poll": kuaidi100.subscribe,
            "wx_token": wechat.stable_token,
            "wx_template": wechat.template,
            "wx_subscription": wechat.subscription,
            "city_token": city.token,
            "city_message": city.push_message,
            "submit": department.submit,
            "cancel": department.cancel,
            "root": self._root,
        }

    def answer(self, request: Request) -> Response | None:
        """A vendor's answer; None for what is no vendor's."""
        try:
            name, values = ROUTES.bind_to_environ(request.environ).match()
        except HTTPException:
            return None
        if name == "root" and not _cloud_action(request):
            return None
        return self._served[name](request, **values)

    def _root(self, request: Request) -> Response:
        version = request.headers.get("X-TC-Version")
        if version is not None:
            serve = {sms_tencent.VERSION: self._sms_tencent.serve, faceid_tencent.VERSION: self._faceid.serve}.get(version)
            return serve(request) if serve else tc3.refused("", "NoSuchVersion", "The requested version does not exist.")
        action = _cloud_action(request)
        version = request.headers.get("x-acs-version") or request.values.get("Version")
        if version == sms_aliyun.VERSION:
            return self._sms_aliyun.serve(request, action)
        if version == cloudauth_aliyun.VERSION:
            return self._cloudauth.serve(request, action)
        return acs.refused("", (400, "InvalidVersion", "Specified parameter Version is not valid."), request.host)


ROUTES = Map(
    [
        Route("/std/service", endpoint="sf", methods=POST),
        Route("/amp-prod-api/f/amp/api/open", endpoint="ems", methods=POST),
        Route("/amp-prod-api/f/amp/api/test", endpoint="ems", methods=POST),
        Route("/order/borderapi.do", endpoint="kd_order", methods=BOTH),
        Route("/poll/query.do", endpoint="kd_query", methods=BOTH),
        Route("/poll", endpoint="kd_poll", methods=POST),
        Route("/cgi-bin/stable_token", endpoint="wx_token", methods=POST),
        Route("/cgi-bin/message/template/send", endpoint="wx_template", methods=POST),
        Route("/cgi-bin/message/subscribe/bizsend", endpoint="wx_subscription", methods=POST),
        Route("/rest/oauth2/token", endpoint="city_token", methods=POST),
        Route("/rest/message/push", endpoint="city_message", methods=POST),
        Route("/<bureau>/department/applications", endpoint="submit", methods=POST),
        Route("/<bureau>/department/applications/<id>/cancel", endpoint="cancel", methods=POST),
        Route("/", endpoint="root", methods=BOTH),
    ]
)


def _cloud_action(request: Request) -> str:
    return request.headers.get("X-TC-Action") or request.headers.get("x-acs-action") or request.values.get("Action") or ""
