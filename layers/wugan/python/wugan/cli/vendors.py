"""`wugan vendors`: check the vendors' document before it is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from wugan.cli.common import refusing
from wugan.errors import InvalidInput
from wugan.items.model import Jurisdiction
from wugan.vendors import model

app = typer.Typer(no_args_is_help=True, help="Check which vendors (外部服务) the bureaus have.")

PARAMETER_BYTES = 4096  # of a CloudFormation parameter, and of a standard one of Systems Manager
ADVANCED_BYTES = 8192


@app.command()
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The document, as YAML or JSON.")],
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="Admit endpoints that production refuses.")] = False,
    compact: Annotated[bool, typer.Option("--compact", help="Print only the JSON text.")] = False,
    override: Annotated[bool, typer.Option("--override", help="Print only `Vendors=…` as sam deploy reads it.")] = False,
) -> None:
    """Tell what the document says, which secrets it needs and where vendors are to call back; exit code 1 names what is wrong with it."""
    with refusing():
        value = _loaded(file)
        vendors = model.parse(value)
        if not rehearsal:
            model.check_production(vendors)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode())
        if size > ADVANCED_BYTES:
            raise InvalidInput(f"{size} bytes as JSON; a parameter holds {ADVANCED_BYTES}", field="vendors")
    if override:
        text = f"Vendors={json.dumps(text, ensure_ascii=False)}"  # SAM cuts a value at the first quote that is not escaped
    typer.echo(text if compact or override else "\n".join(_told(vendors, size)))


def _loaded(file: Path) -> Any:
    """YAML, of which JSON is a part. Raises InvalidInput with the line."""
    import yaml

    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise InvalidInput(f"this is neither YAML nor JSON{f', line {mark.line + 1}' if mark else ''}", field=file.name) from None


def _told(vendors: model.Vendors, size: int) -> list[str]:
    lines = [f"Valid: {size} bytes as JSON"]
    if size > PARAMETER_BYTES:
        lines.append(f"More than {PARAMETER_BYTES} bytes: too long for the template, put the parameter yourself (docs/vendors.md)")
    for jurisdiction in Jurisdiction:
        bureau = vendors.of(jurisdiction)
        lines += ["", f"{jurisdiction.value}: {', '.join(_names(bureau)) or 'no vendors'}"]
        lines += [f"  calls back at  {path}" for path in _callbacks(jurisdiction.value, bureau)]
    lines += ["", "Keys that the secret must hold, and the first field that names each:"]
    return lines + [f"  {name}  ({path})" for name, path in sorted(model.secret_names(vendors).items())]


def _names(bureau: model.Bureau) -> list[str]:
    faces = bureau.identity.faces if bureau.identity else ()
    couriers = bureau.couriers.options if bureau.couriers else ()
    return [
        *(["wechat"] if bureau.wechat else []),
        *(f"sms over {one.vendor}" for one in bureau.sms),
        *(["app"] if bureau.app else []),
        *(f"faces over {one.vendor}" for one in faces),
        *(one.vendor for one in couriers),
        "desk" if bureau.department == "desk" else "approval platform",
    ]


def _callbacks(jurisdiction: str, bureau: model.Bureau) -> list[str]:
    """Addresses below the public URL; <…> stands for the value of a key of the secret. Kuaidi100 is told by each order."""
    couriers = bureau.couriers.options if bureau.couriers else ()
    return [
        *([f"/callbacks/wechat/{jurisdiction}"] if bureau.wechat else []),
        *(f"/callbacks/sms/{jurisdiction}/{one.vendor}?key=<{one.callback_key}>" for one in bureau.sms),
        *([f"/callbacks/app/{jurisdiction}?key=<{bureau.app.callback_key}>"] if bureau.app else []),
        *(f"/callbacks/courier/{jurisdiction}/sf?key=<{one.push_key}>" for one in couriers if isinstance(one, model.Sf)),
        *(f"/callbacks/courier/{jurisdiction}/ems" for one in couriers if isinstance(one, model.Ems)),
        *([f"/callbacks/department/{jurisdiction}"] if isinstance(bureau.department, model.Platform) else []),
    ]
