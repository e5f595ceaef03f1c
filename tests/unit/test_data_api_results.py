"""How the local Data API writes PostgreSQL's values."""

import pytest

from local_cloud.data_api.column_types import BUILT_IN, CatalogType, ColumnType, column_type, metadata
from local_cloud.data_api.errors import DataApiError, from_refused_connection
from local_cloud.data_api.results import Column, Options, array_elements, field

OID = {kind.name: oid for oid, kind in BUILT_IN.items()}


def column(name: str) -> Column:
    return Column("c", OID[name], BUILT_IN[OID[name]])


def no_catalogue(oid: int) -> CatalogType:
    raise AssertionError(f"{oid} was looked up")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("bool", "t", {"booleanValue": True}),
        ("bool", "f", {"booleanValue": False}),
        ("int2", "-5", {"longValue": -5}),
        ("int8", "9223372036854775807", {"longValue": 2**63 - 1}),
        ("float8", "0.1", {"doubleValue": 0.1}),
        ("float8", "NaN", {"doubleValue": "NaN"}),
        ("float4", "-Infinity", {"doubleValue": "-Infinity"}),
        ("numeric", "12345678901234567890.10", {"stringValue": "12345678901234567890.10"}),
        ("text", "", {"stringValue": ""}),
        ("bytea", "\\x00ff", {"blobValue": "AP8="}),
        ("uuid", "6f2c1f9e-5a35-4b51-9f0d-6d3f0a3b2c11", {"stringValue": "6f2c1f9e-5a35-4b51-9f0d-6d3f0a3b2c11"}),
        ("jsonb", '{"a": 1}', {"stringValue": '{"a": 1}'}),
        ("date", "2024-02-29", {"stringValue": "2024-02-29"}),
        ("time", "10:00:00.5", {"stringValue": "10:00:00.500"}),
        ("timestamp", "2024-02-29 10:00:00", {"stringValue": "2024-02-29 10:00:00"}),
        ("timestamptz", "2024-02-29 10:00:00+00", {"stringValue": "2024-02-29 10:00:00"}),
        ("timestamptz", "2024-02-29 10:00:00.12+00", {"stringValue": "2024-02-29 10:00:00.120"}),
        ("timestamptz", "2024-02-29 10:00:00.1234+00", {"stringValue": "2024-02-29 10:00:00.123400"}),
        ("_int4", "{1,NULL,3}", {"arrayValue": {"longValues": [1, None, 3]}}),
        ("_bool", "{t,f}", {"arrayValue": {"booleanValues": [True, False]}}),
        ("_float8", "{0.5}", {"arrayValue": {"doubleValues": [0.5]}}),
        ("_numeric", "{1.10}", {"arrayValue": {"stringValues": ["1.10"]}}),
        ("_text", "{}", {"arrayValue": {"stringValues": []}}),
        ("_timestamptz", '{"2024-02-29 10:00:00+00"}', {"arrayValue": {"stringValues": ["2024-02-29 10:00:00"]}}),
    ],
)
def test_each_type_is_answered_in_its_member(name: str, text: str, expected: dict[str, object]) -> None:
    """H1. "Amazon RDS Data API operations reference"."""
    assert field(text.encode(), column(name), Options()) == expected


def test_null_is_a_member_of_its_own() -> None:
    """H1. Whatever the type."""
    assert field(None, column("_text"), Options()) == {"isNull": True}


def test_array_elements_are_unquoted_and_null_is_not_the_word_null() -> None:
    """H1. Commas, quotes, braces and backslashes in elements."""
    assert list(array_elements('{a,NULL,"NULL","b,c","d\\"e","{f}","\\\\",""}')) == [
        "a",
        None,
        "NULL",
        "b,c",
        'd"e',
        "{f}",
        "\\",
        "",
    ]


def test_array_bounds_are_not_an_element() -> None:
    """H1. PostgreSQL writes them when they are not the usual ones."""
    assert list(array_elements("[0:1]={a,b}")) == ["a", "b"]


def test_a_multidimensional_array_is_refused() -> None:
    """H1. "Comparing Amazon RDS Data API behaviors"."""
    with pytest.raises(DataApiError) as caught:
        field(b"{{1,2},{3,4}}", column("_int4"), Options())
    assert caught.value.code == "UnsupportedResultException"


def test_result_set_options_change_numbers() -> None:
    """H1. For clients whose numbers are too small or too imprecise."""
    options = Options.of({"longReturnType": "STRING", "decimalReturnType": "DOUBLE_OR_LONG"})
    assert field(b"7", column("int8"), options) == {"stringValue": "7"}
    assert field(b"7", column("numeric"), options) == {"longValue": 7}
    assert field(b"7.5", column("numeric"), options) == {"doubleValue": 7.5}


def test_an_infinite_date_fails_as_in_the_service() -> None:
    """H1. Without a reason in the message."""
    with pytest.raises(DataApiError) as caught:
        field(b"infinity", column("timestamptz"), Options())
    assert (caught.value.code, caught.value.status) == ("InternalFailure", 500)


def test_a_built_in_type_needs_no_look_up() -> None:
    """H1. One query per statement, not two."""
    assert column_type(25, no_catalogue).name == "text"


def test_an_enum_is_a_string() -> None:
    """H1. Its OID differs from database to database."""
    assert column_type(99999, lambda _: CatalogType("mood", "e")).name == "mood"


@pytest.mark.parametrize(
    ("name", "shown"), [("interval", "INTERVAL"), ("char", '"CHAR"'), ("regclass", "regclass"), ("void", "VOID")]
)
def test_an_unsupported_type_is_refused_by_name(name: str, shown: str) -> None:
    """H1. The cast to text is the caller's to write."""
    with pytest.raises(DataApiError) as caught:
        column_type(99999, lambda _: CatalogType(name, "b"))
    assert caught.value.code == "UnsupportedResultException"
    assert caught.value.message == f"The result contains the unsupported data type {shown}."


def test_the_declared_length_is_the_precision() -> None:
    """H1. atttypmod: length + 4, or precision and scale in one number."""
    varchar: ColumnType = BUILT_IN[OID["varchar"]]
    numeric: ColumnType = BUILT_IN[OID["numeric"]]
    assert metadata("c", varchar, 24, None)["precision"] == 20
    described = metadata("c", numeric, ((10 << 16) | 2) + 4, None)
    assert (described["precision"], described["scale"]) == (10, 2)


@pytest.mark.parametrize(
    ("text", "code", "state"),
    [
        ('FATAL:  password authentication failed for user "ada"', "BadRequestException", "28P01"),
        ('FATAL:  database "nope" does not exist', "DatabaseErrorException", "3D000"),
        ('FATAL:  permission denied for database "closed"', "DatabaseErrorException", "42501"),
        ("FATAL:  sorry, too many clients already", "DatabaseErrorException", "53300"),
        ("could not connect: No such file or directory", "DatabaseUnavailableException", ""),
        ("FATAL:  the database system is shutting down", "DatabaseUnavailableException", ""),
    ],
)
def test_a_refused_connection_is_told_apart(text: str, code: str, state: str) -> None:
    """H1. A transient condition is worth a retry, a wrong password is not."""
    error = from_refused_connection(f"connection to server on socket failed: {text}\n")
    assert error.code == code
    assert error.message.endswith(f"SQLState: {state}" if state else ".")
