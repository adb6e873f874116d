"""The OpenAPI 3.1 document, made from the table of operations and the models."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic.json_schema import models_json_schema

from wugan import errors
from wugan.errors import WuganError
from wugan.web import edge, texts
from wugan.web.api import models, problems, wire
from wugan.web.api.operation import JSON, Access, Operation

Json = dict[str, Any]
TAG = '"7-9f86d081884c7d65"'
REF = "#/components/schemas/{model}"
_LINK = (problems.Unauthorized, errors.LinkInvalid, errors.LinkExpired)
_CASE = (errors.Forbidden, errors.Conflict, errors.NotFound)
_POST = (problems.UnsupportedMedia, edge.TooLarge, problems.KeyReused, errors.InProgress, errors.Outdated, errors.StaleHead)
_HEADERS = {
    401: "WWW-Authenticate", 503: "Retry-After"
}  # fmt: skip


def document(operations: Iterable[Operation]) -> Json:
    """The whole document."""
    paths: dict[str, Json] = defaultdict(dict)
    operations = list(operations)
    for operation in operations:
        paths[operation.path][operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "无感审批 Wugan",
            "version": "1.0.0",
            "description": "与网页相同的服务。凭证只放在请求头里。每个POST都要带自己的Idempotency-Key，重试时用同一个。",
        },
        "paths": dict(paths),
        "components": {"schemas": _schemas(operations), "securitySchemes": _SCHEMES},
    }


SUMMARIES = {  # by operation, for developers who read Chinese
    "getCase": "查看办件（身份认证前，内容隐去）",
    "decline": "选择不办理",
    "askPerson": "请工作人员协助",
    "startIdentity": "开始身份认证",
    "finishFace": "取得人脸核验结果和会话",
    "finishCode": "提交短信验证码，取得会话",
    "giveIntention": "确认是否继续办理",
    "getDeclaration": "查看预填的申报表单",
    "submitDeclaration": "确认并提交申报或补正",
    "previewDeclaration": "预览将要提交的申请",
    "getProgress": "查看办理进度",
    "withdraw": "撤回申请",
    "listEvents": "分页查看办理记录",
    "getCertificate": "下载电子证照",
    "getProof": "下载办理记录的存证证明",
    "listAgents": "查看受托人",
    "delegate": "委托他人代办",
    "revoke": "撤回委托",
    "getPreferences": "查看通知方式",
    "setPreferences": "设置通知方式",
    "withdrawConsent": "撤回对处理个人信息的同意",
    "confirmReceipt": "确认是否收到证照",
    "chooseRedelivery": "选择退回证照的送达方式",
    "rate": "评价本次服务",
    "verifyCode": "核验提示消息的验证码",
    "getProblem": "查看一类错误的含义",
    "getOpenapi": "取得本接口文档",
}
_SCHEMES = {
    "link": {"type": "http", "scheme": "bearer", "description": "提示消息的链接里 /c/ 之后的部分"},
    "session": {"type": "apiKey", "in": "header", "name": wire.SESSION_HEADER, "description": "身份认证通过后得到，30分钟有效"},
}
_LINK_ALONE, _BOTH = {"link": list[str]()}, {"link": list[str](), "session": list[str]()}
_SECURITY: dict[Access, list[Json]] = {
    Access.NOBODY: [], Access.LINK: [_LINK_ALONE, _BOTH], Access.LINK_AT_FIRST: [_LINK_ALONE, _BOTH], Access.SESSION: [_BOTH],
    Access.PRINCIPAL: [_BOTH],
}  # fmt: skip

_WHO = {
    Access.LINK_AT_FIRST: "有人通过身份认证之后，还需要会话。",
    Access.PRINCIPAL: "只能由本人办理，受托人不能代办。",
}


def _schemas(operations: Iterable[Operation]) -> Json:
    used = {models.Problem} | {m for o in operations for m in (o.body, *o.answers.values()) if isinstance(m, type)}
    asked = {o.body for o in operations if o.body}
    named = sorted(used, key=lambda m: m.__name__)
    _, found = models_json_schema([(m, "validation" if m in asked else "serialization") for m in named], ref_template=REF)
    schemas: Json = found["$defs"]
    return schemas


def _operation(operation: Operation) -> Json:
    described = inspect.getdoc(operation.run) or ""
    found: Json = {
        "operationId": operation.id,
        "summary": SUMMARIES[operation.id],
        "description": "\n\n".join(filter(None, (described, _WHO.get(operation.access, "")))),
        "security": _SECURITY[operation.access],
        "parameters": list(_parameters(operation)),
        "responses": _responses(operation),
    }
    if operation.body:
        found["requestBody"] = {"required": True, "content": {JSON: _content(operation.body)}}
    return found


def _content(model: type[models.Model]) -> Json:
    example = (model.model_config.get("json_schema_extra") or {}).get("examples")  # type: ignore[union-attr]
    return {"schema": {"$ref": REF.format(model=model.__name__)}} | ({"example": example[0]} if example else {})  # type: ignore[index]


def _parameters(operation: Operation) -> Iterator[Json]:
    for name in parameters_of(operation.path):
        schema = {"type": "string", "pattern": "^[a-z_]{1,40}$"}
        yield {"name": name, "in": "path", "required": True, "schema": schema, "example": "not_waiting"}
    if operation.query:
        for name, field in operation.query.model_json_schema()["properties"].items():
            kinds: list[Json] = field.get("anyOf", [field])
            told = {k: v for k, v in kinds[0].items() if k not in ("title", "description", "default")}  # the other kind is null: left out
            yield {"name": name, "in": "query", "required": False, "schema": told, "description": field.get("description", "")}
    if operation.method == "POST":
        yield _header(wire.KEY_HEADER, True, f"^{wire.KEY.pattern}$", "每个请求一个新的键；重试时用同一个", "7f3c2b1a-5d4e-4f6a-9b8c")
        if operation.access is not Access.NOBODY:
            yield _header("If-Match", False, None, "看到的ETag；只比较其中的办件版本，已有变化时得到412", TAG)
    elif operation.tagged:
        yield _header("If-None-Match", False, None, "已有的ETag；内容没有变化时得到304", TAG)


def parameters_of(path: str) -> list[str]:
    """The names of a path's parameters."""
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _header(name: str, required: bool, pattern: str | None, description: str, example: str) -> Json:
    schema = {"type": "string"} | ({"pattern": pattern} if pattern else {})
    return {"name": name, "in": "header", "required": required, "schema": schema, "description": description, "example": example}


def _responses(operation: Operation) -> Json:
    told: Json = {str(status): _success(operation, model) for status, model in operation.answers.items()}
    if operation.tagged:
        told["304"] = {"description": "没有变化", "headers": _tag()}
    by_status: dict[int, list[str]] = defaultdict(list)
    for kind in _refusals(operation):
        by_status[kind.status].append(kind.code)
    by_status[500].append(problems.UNEXPECTED)
    for status, codes in sorted(by_status.items()):
        told[str(status)] = _problem(status, codes)
    told["429"] = {"description": "请求过于频繁（API网关）", "content": {JSON: {"schema": {"type": "object"}}}}
    return dict(sorted(told.items()))


def _refusals(operation: Operation) -> Iterator[type[WuganError]]:
    """Every error that may come of an operation, once."""
    found: list[type[WuganError]] = [errors.InvalidInput, *operation.refuses]
    if operation.access is not Access.NOBODY:
        found += [*_LINK, *_CASE]
    if operation.method == "POST":
        found += _POST
    yield from dict.fromkeys(found)


def _success(operation: Operation, model: type[models.Model] | str) -> Json:
    tagged = operation.tagged or (operation.method == "POST" and model in (models.State, models.Session))
    headers = {"headers": _tag()} if tagged else {}
    if operation.files:
        binary = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in operation.files}
        return {"description": str(model), "content": binary}
    if isinstance(model, str):
        return {"description": model, "content": {JSON: {"schema": {"type": "object"}}}}
    return {"description": (model.__doc__ or "").partition("\n")[0], "content": {JSON: _content(model)}, **headers}


def _tag() -> Json:
    return {
        "ETag": {
            "description": "办件的版本，连字符，内容的摘要",
            "required": True,
            "schema": {"type": "string", "pattern": '^"[0-9]+-[0-9a-f]{16}"$'},
        }
    }


def _problem(status: int, codes: list[str]) -> Json:
    kinds = problems.known()
    words = "；".join(f"{code}：{texts.problem(kinds[code]('') if code in kinds else None).title}" for code in codes)
    header = _HEADERS.get(status)
    headers = {"headers": {header: {"schema": {"type": "string"}}}} if header else {}
    return {"description": words, "content": {problems.PROBLEM: {"schema": {"$ref": REF.format(model="Problem")}}}, **headers}
