"""A form with files (multipart/form-data, RFC 7578), read flat: the time it takes grows with its bytes, whatever they are."""

from __future__ import annotations

import re

from wugan.errors import InvalidInput

MOST_PARTS = 4
MOST_HEADERS = 1_000  # bytes before a part's content

_BOUNDARY = re.compile(r"""multipart/form-data; ?boundary=("?)([0-9A-Za-z'()+_,./:=?-]{1,70})\1""", re.IGNORECASE)
_DISPOSITION = re.compile(r"content-disposition: ?form-data *(;[^\r\n]*)", re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([A-Za-z*]+)=("[^"]*"|[^;"\s]*)')


def fields(body: bytes, content_type: str) -> dict[str, str]:
    """Fields and files by name, as text. What browsers never send is refused: nested parts, transfer encodings. Raises InvalidInput."""
    boundary = _BOUNDARY.fullmatch(content_type.strip())
    if boundary is None:
        raise InvalidInput("this is no form with files", field="file")
    if not body:
        return {}
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary[2].encode(), MOST_PARTS + 1)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise InvalidInput(f"this form is cut short, or has more than {MOST_PARTS} parts", field="file")
    return dict(map(_field, parts[:-1]))


def _field(part: bytes) -> tuple[str, str]:
    end = part.find(b"\r\n\r\n", 0, MOST_HEADERS + 4)
    if not part.startswith(b"\r\n") or end < 0:
        raise InvalidInput(f"a part of this form has no headers, or more than {MOST_HEADERS} bytes of them", field="file")
    try:
        return _name(part[:end].decode()), part[end + 4 :].decode()
    except UnicodeDecodeError:
        raise InvalidInput("this is no text", field="file") from None


def _name(headers: str) -> str:
    """What `name=` says, and not what a file's name says it says."""
    for line in headers.split("\r\n"):
        if disposition := _DISPOSITION.fullmatch(line):
            for parameter in _PARAMETER.finditer(disposition[1]):
                if parameter[1].lower() == "name":
                    return parameter[2].strip('"')
    raise InvalidInput("a part of this form has no name", field="file")
