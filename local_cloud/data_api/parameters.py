"""Named parameters of the Data API (`:name`) turned into PostgreSQL's numbered, typed ones (`$1`).

Types as in "Amazon RDS Data API operations reference" (Amazon Aurora User Guide) and SqlParameter (RDS Data API
Reference). PostgreSQL gets the values beside the statement, never in its text.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.data_api.errors import DataApiError, bad_request, invalid

BOOL, BYTEA, INT8, TEXT, JSON, FLOAT8, UNKNOWN = 16, 17, 20, 25, 114, 701, 0

Field = Mapping[str, Any]
Parameter = Mapping[str, Any]

HINTS: Mapping[str, tuple[int, re.Pattern[str] | None, str]] = {
    "UUID": (2950, None, ""),
    "JSON": (JSON, None, ""),
    "DECIMAL": (1700, None, ""),
    "DATE": (1082, re.compile(r"\d{4}-\d\d-\d\d"), "YYYY-MM-DD"),
    "TIME": (1083, re.compile(r"\d\d:\d\d:\d\d(\.\d{1,3})?"), "HH:MM:SS[.FFF]"),
    "TIMESTAMP": (1114, re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})?"), "YYYY-MM-DD HH:MM:SS[.FFF]"),
}
"""typeHint -> type OID, accepted format. PostgreSQL reads more formats (ISO 8601 with `T` and zone, for example) than
the service documents: they are refused here so that nobody finds out in AWS."""

_TOKEN = re.compile(
    r"""
    (?P<comment>/\*)
  | (?P<dollar>(?<![\w$])\$(?:[^\W\d]\w*)?\$)
  | (?P<skipped>
        --[^\n]*
      | (?<![\w$])[eE]'(?:[^'\\]+|\\.|'')*'?
      | '(?:[^']+|'')*'?
      | "(?:[^"]+|"")*"?
      | ::
    )
  | :(?P<name>\w+)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True)
class Bound:
    """A statement as libpq wants it: text with `$n`, and per parameter its text value (None = NULL) and type OID."""

    statement: bytes
    values: Sequence[bytes | None]
    types: Sequence[int]


def bind(sql: str, parameters: Sequence[Parameter]) -> Bound:
    """Replace the `:names` of `sql`. A name used twice is one parameter; unused parameters are ignored.

    Raises DataApiError: BadRequestException for a name without value, an array or an unreadable value.
    """
    given = {str(parameter.get("name")): parameter for parameter in parameters}
    order: dict[str, int] = {}

    def number(name: str) -> str | None:
        if name not in given:
            # `[1:2]` is an array slice unless a parameter really has that name.
            if name[0].isdigit():
                return None
            raise bad_request(f"Cannot find parameter: {name}")
        return f"${order.setdefault(name, len(order) + 1)}"

    statement = _rewrite(sql, number)
    encoded = [_encode(given[name]) for name in order]
    return Bound(_utf8(statement), [value for value, _ in encoded], [oid for _, oid in encoded])


def _rewrite(sql: str, number: Callable[[str], str | None]) -> str:
    """`sql` with every `:name` outside literals, quoted identifiers and comments replaced by `number(name)`."""
    parts = []
    position = copied = 0
    while token := _TOKEN.search(sql, position):
        position = token.end()
        if token["comment"]:
            position = _comment_end(sql, position)
        elif tag := token["dollar"]:
            closing = sql.find(tag, position)
            position = len(sql) if closing < 0 else closing + len(tag)
        elif (name := token["name"]) and (replacement := number(name)):
            parts += [sql[copied : token.start()], replacement]
            copied = position
    return "".join([*parts, sql[copied:]])


def _comment_end(sql: str, position: int) -> int:
    """Where the comment ends whose `/*` is just before `position`. PostgreSQL's comments nest."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(sql, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return len(sql) if depth else position


def _encode(parameter: Parameter) -> tuple[bytes | None, int]:
    name, hint = parameter.get("name"), parameter.get("typeHint")
    if hint is not None and hint not in HINTS:
        raise invalid(f"typeHint of parameter {name} must be one of {', '.join(sorted(HINTS))}")
    field: Field = parameter.get("value") or {}
    members = [(kind, value) for kind, value in field.items() if value is not None]
    if len(members) != 1:
        raise invalid(f"parameter {name} must have exactly one value")
    kind, value = members[0]
    match kind, value:
        case "isNull", True:
            return None, HINTS[hint][0] if hint else UNKNOWN
        case "stringValue", str():
            return _encode_string(str(name), value, hint)
        case "longValue", int() if not isinstance(value, bool):
            return str(value).encode(), INT8
        case "doubleValue", int() | float() | "NaN" | "Infinity" | "-Infinity":
            return repr(float(value)).encode(), FLOAT8
        case "booleanValue", bool():
            return (b"t" if value else b"f"), BOOL
        case "blobValue", str():
            return _encode_blob(str(name), value), BYTEA
        case "arrayValue", _:
            raise bad_request("Array parameters are not supported.")
    raise _unreadable(str(name), str(kind))


def _encode_string(name: str, value: str, hint: str | None) -> tuple[bytes, int]:
    """Without a hint the service sends text, which PostgreSQL does not turn into uuid, date or jsonb by itself."""
    if hint is None:
        return _utf8(value), TEXT
    oid, accepted, description = HINTS[hint]
    if accepted is not None and not accepted.fullmatch(value):
        raise bad_request(f"parameter {name} with typeHint {hint} must have the format {description}")
    return _utf8(value), oid


def _encode_blob(name: str, value: str) -> bytes:
    try:
        content = base64.b64decode(value, validate=True)
    except binascii.Error:
        raise _unreadable(name, "blobValue") from None
    return b"\\x" + content.hex().encode()


def _utf8(text: str) -> bytes:
    """libpq ends a text at NUL, which would cut a statement or value short; PostgreSQL cannot store it either."""
    if "\0" in text:
        raise DataApiError("DatabaseErrorException", "ERROR: invalid byte sequence for encoding; SQLState: 22021")
    return text.encode()


def _unreadable(name: str, kind: str) -> DataApiError:
    return bad_request(f"parameter {name} has an unreadable {kind}")
