"""A PostgreSQL result (text format) turned into the records of the Data API."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import pq

from local_cloud.data_api.column_types import DATES, TIMES, ColumnType, Kind
from local_cloud.data_api.errors import DataApiError

RESULT_BYTES = 1024 * 1024
ROW_BYTES = 64 * 1024
"""Limits of a result set and of each of its rows ("Troubleshooting Amazon RDS Data API", Amazon Aurora User Guide)."""

Row = Sequence[bytes | None]
Value = str | int | float | bool | None

_ARRAY_MEMBERS = {
    Kind.BOOLEAN: "booleanValues",
    Kind.LONG: "longValues",
    Kind.DOUBLE: "doubleValues",
    Kind.STRING: "stringValues",
}
_ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)|\{', re.DOTALL)
_FRACTION = re.compile(r"\.(\d+)")


@dataclass(frozen=True)
class Options:
    """`resultSetOptions` of a call."""

    longs_as_strings: bool = False
    decimals_as_numbers: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Options":
        return cls(given.get("longReturnType") == "STRING", given.get("decimalReturnType") == "DOUBLE_OR_LONG")


@dataclass(frozen=True)
class Column:
    label: str
    oid: int
    type: ColumnType


def read_rows(result: pq.abc.PGresult) -> list[Row]:
    """All rows. Raises DataApiError (UnsupportedResultException) for more than the Data API returns.

    Counted is what the database sends: per row two bytes, per column four, and the values.
    """
    columns = range(result.nfields)
    rows: list[Row] = []
    total = 0
    for number in range(result.ntuples):
        row = [result.get_value(number, column) for column in columns]
        size = 2 + sum(4 + len(raw or b"") for raw in row)
        if size > ROW_BYTES:
            raise DataApiError("UnsupportedResultException", "Packet for query is too large")
        total += size
        if total > RESULT_BYTES:
            raise DataApiError("UnsupportedResultException", "The result exceeds the size limit 1 MB.")
        rows.append(row)
    return rows


def records(rows: Iterable[Row], columns: Sequence[Column], options: Options) -> list[list[dict[str, Any]]]:
    """The rows, each a list of Fields."""
    return [[field(raw, column, options) for raw, column in zip(row, columns, strict=True)] for row in rows]


def formatted(rows: Iterable[Row], columns: Sequence[Column], options: Options) -> str:
    """The rows as the JSON text of `formatRecordsAs=JSON`: an array of objects, keyed by column label."""
    objects = [
        {column.label: _plain(field(raw, column, options)) for raw, column in zip(row, columns, strict=True)}
        for row in rows
    ]
    return json.dumps(objects, separators=(",", ":"))


def field(raw: bytes | None, column: Column, options: Options) -> dict[str, Any]:
    """One Field from PostgreSQL's text of a value."""
    if raw is None:
        return {"isNull": True}
    text = raw.decode()
    if column.type.is_array:
        elements = [None if item is None else scalar(item, column, Options()) for item in array_elements(text)]
        return {"arrayValue": {_ARRAY_MEMBERS[column.type.kind]: elements}}
    value = scalar(text, column, options)
    # `resultSetOptions` change the member: it follows the value's own type.
    match value:
        case bool():
            kind = Kind.BOOLEAN
        case int():
            kind = Kind.LONG
        case float():
            kind = Kind.DOUBLE
        case _ if column.type.kind in (Kind.BLOB, Kind.DOUBLE):
            kind = column.type.kind
        case _:
            kind = Kind.STRING
    return {kind.value: value}


def scalar(text: str, column: Column, options: Options) -> Value:
    match column.type.kind:
        case Kind.BOOLEAN:
            return text == "t"
        case Kind.LONG:
            return text if options.longs_as_strings else int(text)
        case Kind.DOUBLE:
            # JSON has no such numbers: AWS's JSON protocols write them as strings.
            return text if text in ("NaN", "Infinity", "-Infinity") else float(text)
        case Kind.BLOB:
            return base64.b64encode(bytes.fromhex(text.removeprefix("\\x"))).decode()
        case Kind.STRING if column.oid in DATES | TIMES:
            return _temporal(text, column.oid)
        case Kind.STRING if options.decimals_as_numbers and column.type.name == "numeric" and text != "NaN":
            return float(text) if "." in text else int(text)
        case _:
            return text


def array_elements(text: str) -> Iterator[str | None]:
    """The elements of a one-dimensional array in PostgreSQL's text form, NULL as None."""
    # Bounds other than 1 are written before the braces: `[0:1]={a,b}`.
    body = text[text.index("{") + 1 : -1]
    for element in _ELEMENT.finditer(body):
        quoted, plain = element.groups()
        if quoted is not None:
            yield re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
        elif plain is not None:
            yield None if plain == "NULL" else plain
        else:
            raise DataApiError("UnsupportedResultException", "The result contains a multidimensional array.")


def _temporal(text: str, oid: int) -> str:
    """A date or time as the service writes it: a timestamptz in UTC without offset (sessions run in UTC), fractions of
    a second with three or six digits."""
    if oid in DATES and text.endswith("infinity"):
        # The service fails on infinite dates without naming a reason.
        raise DataApiError("InternalFailure", "")
    bare = text.removesuffix("+00")
    return _FRACTION.sub(lambda found: "." + found[1].ljust(3 if len(found[1]) <= 3 else 6, "0"), bare)


def _plain(value: Mapping[str, Any]) -> Any:
    """The JSON value of a Field."""
    ((member, content),) = value.items()
    if member == "isNull":
        return None
    if member == "arrayValue":
        return next(iter(content.values()))
    return content
