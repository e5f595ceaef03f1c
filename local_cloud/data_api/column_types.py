"""PostgreSQL's types as the Data API answers them.

Which types there are: "Amazon RDS Data API operations reference" (Amazon Aurora User Guide). Everything else is refused
with UnsupportedResultException, as there: cast it to text in the statement.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from local_cloud.data_api.errors import DataApiError


class Kind(StrEnum):
    """The member of the API's Field that holds a scalar value."""

    BOOLEAN = "booleanValue"
    LONG = "longValue"
    DOUBLE = "doubleValue"
    STRING = "stringValue"
    BLOB = "blobValue"


class Jdbc:
    """`java.sql.Types` codes, which ColumnMetadata gives as `type`."""

    BIT, BIGINT, BINARY, NUMERIC, CHAR, INTEGER, SMALLINT = -7, -5, -2, 2, 1, 4, 5
    REAL, DOUBLE, VARCHAR, DATE, TIME, TIMESTAMP, OTHER, ARRAY = 7, 8, 12, 91, 92, 93, 1111, 2003


UNBOUNDED = 2147483647
"""Precision of a text without declared length."""


@dataclass(frozen=True)
class ColumnType:
    name: str
    """As in pg_type, e.g. `int4`; an array type starts with an underscore."""
    kind: Kind
    jdbc: int
    precision: int
    scale: int = 0
    is_array: bool = False
    is_signed: bool = False
    is_case_sensitive: bool = True


def _number(name: str, kind: Kind, jdbc: int, precision: int, scale: int = 0) -> ColumnType:
    return ColumnType(name, kind, jdbc, precision, scale, is_signed=True, is_case_sensitive=False)


def _time(name: str, jdbc: int, precision: int, scale: int) -> ColumnType:
    return ColumnType(name, Kind.STRING, jdbc, precision, scale, is_case_sensitive=False)


def _text(name: str, jdbc: int = Jdbc.VARCHAR, precision: int = UNBOUNDED) -> ColumnType:
    return ColumnType(name, Kind.STRING, jdbc, precision)


SCALARS: Mapping[int, ColumnType] = {
    16: ColumnType("bool", Kind.BOOLEAN, Jdbc.BIT, 1, is_case_sensitive=False),
    17: ColumnType("bytea", Kind.BLOB, Jdbc.BINARY, UNBOUNDED, is_case_sensitive=False),
    19: _text("name", precision=63),
    20: _number("int8", Kind.LONG, Jdbc.BIGINT, 19),
    21: _number("int2", Kind.LONG, Jdbc.SMALLINT, 5),
    23: _number("int4", Kind.LONG, Jdbc.INTEGER, 10),
    25: _text("text"),
    114: _text("json", Jdbc.OTHER),
    650: _text("cidr", Jdbc.OTHER),
    700: _number("float4", Kind.DOUBLE, Jdbc.REAL, 8, 8),
    701: _number("float8", Kind.DOUBLE, Jdbc.DOUBLE, 17, 17),
    869: _text("inet", Jdbc.OTHER),
    1042: _text("bpchar", Jdbc.CHAR),
    1043: _text("varchar"),
    1082: _time("date", Jdbc.DATE, 13, 0),
    1083: _time("time", Jdbc.TIME, 15, 6),
    1114: _time("timestamp", Jdbc.TIMESTAMP, 29, 6),
    1184: _time("timestamptz", Jdbc.TIMESTAMP, 35, 6),
    1700: _number("numeric", Kind.STRING, Jdbc.NUMERIC, 0),
    2950: _text("uuid", Jdbc.OTHER),
    3802: _text("jsonb", Jdbc.OTHER),
}

_ARRAY_ELEMENTS: Mapping[int, int] = {
    199: 114,
    1000: 16,
    1003: 19,
    1005: 21,
    1007: 23,
    1009: 25,
    1014: 1042,
    1015: 1043,
    1016: 20,
    1021: 700,
    1022: 701,
    1115: 1114,
    1182: 1082,
    1183: 1083,
    1185: 1184,
    1231: 1700,
    2951: 2950,
}
"""OID of an array type -> OID of its elements."""


def _array_of(element: ColumnType) -> ColumnType:
    return ColumnType(
        f"_{element.name}",
        element.kind,
        Jdbc.ARRAY,
        element.precision,
        element.scale,
        is_array=True,
        is_signed=element.is_signed,
        is_case_sensitive=element.is_case_sensitive,
    )


BIT_ARRAY = 1561
"""`bit` itself is not among the scalar types, its array is among the array types."""

BUILT_IN: Mapping[int, ColumnType] = {
    **SCALARS,
    **{oid: _array_of(SCALARS[element]) for oid, element in _ARRAY_ELEMENTS.items()},
    BIT_ARRAY: _array_of(_text("bit", Jdbc.BIT)),
}

TIMESTAMPS = frozenset({1114, 1184, 1115, 1185})
TIMES = TIMESTAMPS | {1083, 1183}
DATES = TIMESTAMPS | {1082, 1182}

_NAMED_IN_CAPITALS = frozenset(
    """bit box circle int4range int8range interval line lseg macaddr macaddr8 money numrange oid path point polygon
    record timetz tsrange tstzrange varbit void xml""".split()  # noqa: SIM905 - a list of words
)
"""The service writes the types it knows by number in capitals, those it has to look up (regtype, for example) as they
are in the catalogue."""


@dataclass(frozen=True)
class CatalogType:
    """A row of pg_type for a type that is not built in here."""

    name: str
    type: str
    """typtype: `e` is an enum."""


def column_type(oid: int, look_up: Callable[[int], CatalogType]) -> ColumnType:
    """The type with this OID. Raises DataApiError (UnsupportedResultException) when the Data API cannot return it."""
    if oid in BUILT_IN:
        return BUILT_IN[oid]
    found = look_up(oid)
    if found.type == "e" or found.name == "vector":
        return _text(found.name)
    name = found.name
    if name == "char":
        name = '"CHAR"'
    elif name in _NAMED_IN_CAPITALS:
        name = name.upper()
    raise DataApiError("UnsupportedResultException", f"The result contains the unsupported data type {name}.")


def metadata(
    label: str, column: ColumnType, modifier: int, origin: Mapping[str, Any] | None
) -> dict[str, int | str | bool]:
    """One ColumnMetadata. `modifier` is atttypmod (-1 = none), `origin` the column's row of the catalogue if it is a
    table's: `{"column", "table", "not_null", "serial"}`."""
    precision, scale = column.precision, column.scale
    if modifier >= 0:
        if column.name.endswith("numeric"):
            precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0xFFFF
        elif column.name.lstrip("_") in ("varchar", "bpchar"):
            precision = modifier - 4
    return {
        "arrayBaseColumnType": 0,
        "isAutoIncrement": bool(origin and origin["serial"]),
        "isCaseSensitive": column.is_case_sensitive,
        "isCurrency": False,
        "isSigned": column.is_signed,
        "label": label,
        "name": str(origin["column"]) if origin else label,
        "nullable": 0 if origin and origin["not_null"] else 1,
        "precision": precision,
        "scale": scale,
        "schemaName": "",
        "tableName": str(origin["table"]) if origin else "",
        "type": column.jdbc,
        "typeName": column.name,
    }
