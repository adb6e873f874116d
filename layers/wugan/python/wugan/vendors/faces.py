"""A bureau's identity authentication from its document."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from wugan.http import JsonClient
from wugan.identity.code import CodeCheck, CodeStore, FaceCheck, Verifier
from wugan.identity.faces import Faces
from wugan.vendors import model
from wugan.vendors.kit import Kit, needed

RECORDING_BYTES = 20 * 1024 * 1024  # a spoken intention comes back with its recording


def identity(bureau: model.Bureau, kit: Kit, codes: CodeStore, send: Callable[[str, str, str], object]) -> Verifier:
    """The identity port. Raises InvalidInput naming the section when the bureau has none."""
    section = bureau.identity
    if section is None:
        raise needed("identity")
    faces: dict[str, FaceCheck] = {one.vendor: _face(one, kit) for one in section.faces}
    return Verifier(Faces(faces) if faces else None, CodeCheck(codes, send, lambda: kit.secret(section.code_key), kit.clock))


@cache
def _recordings() -> JsonClient:
    """A client for long answers, which keeps its connections."""
    return JsonClient(max_bytes=RECORDING_BYTES)


def _face(one: model.TencentFace | model.AliyunFace, kit: Kit) -> FaceCheck:
    if isinstance(one, model.TencentFace):
        from wugan.clouds.tencent import TencentCloud
        from wugan.identity import tencent

        client = _recordings() if one.spoken else kit.client
        key, service, version = kit.secret(one.secret_key), tencent.SERVICE, tencent.VERSION
        cloud = TencentCloud(one.endpoint, service, version, one.region, one.secret_id, key, kit.clock, client)
        return tencent.TencentFace(cloud, one.rule_id, kit.clock, one.spoken)
    from wugan.clouds.aliyun import AliyunCloud
    from wugan.identity import aliyun

    secret = kit.secret(one.key_secret)
    made = AliyunCloud(one.endpoint, aliyun.VERSION, one.key_id, secret, kit.clock, lambda: kit.random_hex(16), kit.client)
    return aliyun.AliyunFace(made, one.scene_id, kit.clock)
