"""How the local Data API turns `:names` into PostgreSQL's typed parameters."""

import base64

import pytest

from local_cloud.data_api.errors import DataApiError
from local_cloud.data_api.parameters import BOOL, BYTEA, FLOAT8, INT8, JSON, TEXT, UNKNOWN, bind


def given(**values: object) -> list[dict[str, object]]:
    return [{"name": name, "value": {"stringValue": value}} for name, value in values.items()]


def statement(sql: str, **values: object) -> str:
    return bind(sql, given(**values)).statement.decode()


def one(value: dict[str, object], hint: str | None = None) -> tuple[bytes | None, int]:
    parameter: dict[str, object] = {"name": "x", "value": value}
    if hint:
        parameter["typeHint"] = hint
    bound = bind("select :x", [parameter])
    return bound.values[0], bound.types[0]


def refusal(sql: str, parameters: list[dict[str, object]]) -> DataApiError:
    with pytest.raises(DataApiError) as caught:
        bind(sql, parameters)
    return caught.value


def test_names_become_numbers_in_the_order_of_their_first_use() -> None:
    """H1 C3. A name used twice is one parameter."""
    bound = bind("select :b, :a, :b", given(a="1", b="2", unused="3"))
    assert bound.statement == b"select $1, $2, $1"
    assert bound.values == [b"2", b"1"]


@pytest.mark.parametrize(
    "sql",
    [
        "select 'at :x o''clock :x'",
        "select e'it\\'s :x'",
        'select ":x", "a"":x" from t',
        "select 1 -- :x",
        "select 1 /* :x /* nested :x */ :x */",
        "select $$ :x $$, $body$ $$ :x $body$",
        "select '2024-01-01'::date, 1::x",
        "select a[1:2] from t",
    ],
)
def test_a_colon_that_is_not_a_parameter_is_left_alone(sql: str) -> None:
    """H1 C3. Literals, quoted identifiers, comments, dollar quotes, casts and slices."""
    assert statement(sql, x="value") == sql


def test_parameters_after_a_literal_are_still_found() -> None:
    """H1 C3. Skipping ends where the literal ends."""
    sql = "select ':a' || :a, \"b\" /* :a */, $$:a$$, :b::uuid, e'\\\\', :b -- :a\n, :c"
    expected = "select ':a' || $1, \"b\" /* :a */, $$:a$$, $2::uuid, e'\\\\', $2 -- :a\n, $3"
    assert statement(sql, a="1", b="2", c="3") == expected


def test_a_number_may_be_a_name_when_a_parameter_has_it() -> None:
    """H1. Otherwise `[1:2]` could not be written."""
    assert bind("select :1", [{"name": "1", "value": {"longValue": 7}}]).statement == b"select $1"


def test_one_name_being_the_start_of_another_is_no_confusion() -> None:
    """H1 C3. `:id` and `:id_of`."""
    assert statement("select :id_of, :id", id="1", id_of="2") == "select $1, $2"


def test_an_unterminated_literal_is_left_to_the_database() -> None:
    """H1. Its error says where."""
    assert statement("select 'open :x", x="1") == "select 'open :x"
    assert statement("select $$ open :x", x="1") == "select $$ open :x"
    assert statement("select /* open :x", x="1") == "select /* open :x"


def test_a_name_without_value_is_refused_by_name() -> None:
    """H1. Nothing is sent to the database."""
    error = refusal("select :missing", given(other="1"))
    assert (error.code, error.message) == ("BadRequestException", "Cannot find parameter: missing")


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        ({"stringValue": "text"}, None, (b"text", TEXT)),
        ({"longValue": -(2**63)}, None, (b"-9223372036854775808", INT8)),
        ({"doubleValue": 0.1}, None, (b"0.1", FLOAT8)),
        ({"doubleValue": "NaN"}, None, (b"nan", FLOAT8)),
        ({"booleanValue": True}, None, (b"t", BOOL)),
        ({"booleanValue": False}, None, (b"f", BOOL)),
        ({"blobValue": base64.b64encode(b"\x00\xff").decode()}, None, (b"\\x00ff", BYTEA)),
        ({"isNull": True}, None, (None, UNKNOWN)),
        ({"isNull": True}, "UUID", (None, 2950)),
        ({"stringValue": "{}"}, "JSON", (b"{}", JSON)),
        ({"stringValue": "1.50"}, "DECIMAL", (b"1.50", 1700)),
        ({"stringValue": "2024-02-29"}, "DATE", (b"2024-02-29", 1082)),
        ({"stringValue": "23:59:59.5"}, "TIME", (b"23:59:59.5", 1083)),
        ({"stringValue": "2024-02-29 23:59:59.123"}, "TIMESTAMP", (b"2024-02-29 23:59:59.123", 1114)),
    ],
)
def test_each_kind_of_value_gets_its_type(
    value: dict[str, object], hint: str | None, expected: tuple[bytes | None, int]
) -> None:
    """H1 C3. PostgreSQL must not have to guess."""
    assert one(value, hint) == expected


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        ("TIMESTAMP", "2024-02-29T23:59:59Z"),
        ("TIMESTAMP", "2024-02-29 23:59:59+00"),
        ("TIMESTAMP", "2024-02-29 23:59:59.123456"),
        ("DATE", "29.02.2024"),
        ("TIME", "11 pm"),
    ],
)
def test_a_time_in_a_format_the_service_does_not_document_is_refused(hint: str, text: str) -> None:
    """H1. PostgreSQL would read most of them, which AWS does not promise."""
    error = refusal("select :x", [{"name": "x", "typeHint": hint, "value": {"stringValue": text}}])
    assert error.code == "BadRequestException"
    assert hint in error.message
    assert text not in error.message


def test_arrays_are_refused() -> None:
    """H1. The service has no array parameters."""
    error = refusal("select :x", [{"name": "x", "value": {"arrayValue": {"longValues": [1]}}}])
    assert (error.code, error.message) == ("BadRequestException", "Array parameters are not supported.")


@pytest.mark.parametrize("value", [{}, {"stringValue": "a", "longValue": 1}])
def test_a_parameter_has_exactly_one_value(value: dict[str, object]) -> None:
    """H1. Field is a union."""
    assert refusal("select :x", [{"name": "x", "value": value}]).code == "ValidationException"


@pytest.mark.parametrize(
    "value",
    [
        {"longValue": "secret"},
        {"longValue": True},
        {"doubleValue": "secret"},
        {"booleanValue": "secret"},
        {"blobValue": "secret!"},
        {"stringValue": 1},
        {"unknownValue": "secret"},
    ],
)
def test_an_unreadable_value_is_refused_without_repeating_it(value: dict[str, object]) -> None:
    """H1 G2. Values may be personal data."""
    error = refusal("select :x", [{"name": "x", "value": value}])
    assert error.code == "BadRequestException"
    assert "secret" not in error.message


def test_an_unknown_type_hint_is_refused() -> None:
    """H1. Instead of being taken for text."""
    assert refusal("select :x", [{"name": "x", "typeHint": "INT", "value": {"stringValue": "1"}}]).code == (
        "ValidationException"
    )


def test_a_nul_character_does_not_cut_a_value_short() -> None:
    """H1. libpq would end the text there; PostgreSQL cannot store it."""
    assert "22021" in refusal("select :x", given(x="before\0after")).message
