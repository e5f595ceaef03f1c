"""ExecuteStatement and BatchExecuteStatement of the local cloud, through boto3."""
# ruff: noqa: S608 - the names in these statements are made up by the tests

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from local.data_api_client import Client, Database, create_database, number, refused, text


@pytest.fixture(scope="module")
def database(client: Client) -> Database:
    return create_database(client)


@pytest.fixture
def table(database: Database, unique: Callable[[str], str]) -> str:
    """An empty table `(id uuid primary key, name text)`."""
    name = unique("people").replace("-", "_")
    database.execute(f"create table {name} (id uuid primary key, name text)")
    return name


def test_a_value_comes_back_as_a_record(database: Database) -> None:
    """H1. The documented shape of an answer."""
    assert database.execute("select 1 as n") == {"records": [[{"longValue": 1}]], "numberOfRecordsUpdated": 0}


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ({"value": {"stringValue": "o'clock :x"}}, {"stringValue": "o'clock :x"}),
        ({"value": {"longValue": 2**63 - 1}}, {"longValue": 2**63 - 1}),
        ({"value": {"doubleValue": 0.1}}, {"doubleValue": 0.1}),
        ({"value": {"booleanValue": True}}, {"booleanValue": True}),
        ({"value": {"blobValue": b"\x00\xff"}}, {"blobValue": b"\x00\xff"}),
        ({"value": {"isNull": True}, "typeHint": "UUID"}, {"isNull": True}),
        ({"value": {"stringValue": "1.10"}, "typeHint": "DECIMAL"}, {"stringValue": "1.10"}),
        ({"value": {"stringValue": '{"a":1}'}, "typeHint": "JSON"}, {"stringValue": '{"a":1}'}),
        ({"value": {"stringValue": "2024-02-29"}, "typeHint": "DATE"}, {"stringValue": "2024-02-29"}),
        ({"value": {"stringValue": "23:59:59"}, "typeHint": "TIME"}, {"stringValue": "23:59:59"}),
        (
            {"value": {"stringValue": "2024-02-29 23:59:59.5"}, "typeHint": "TIMESTAMP"},
            {"stringValue": "2024-02-29 23:59:59.500"},
        ),
        (
            {"value": {"stringValue": "6F2C1F9E-5A35-4B51-9F0D-6D3F0A3B2C11"}, "typeHint": "UUID"},
            {"stringValue": "6f2c1f9e-5a35-4b51-9f0d-6d3f0a3b2c11"},
        ),
    ],
)
def test_a_parameter_of_each_type_makes_the_round_trip(
    database: Database, parameter: dict[str, Any], expected: dict[str, Any]
) -> None:
    """H1 C3. Through the wire, the types and back."""
    assert database.execute("select :x", [{"name": "x", **parameter}])["records"] == [[expected]]


def test_a_timestamp_with_zone_is_answered_in_utc_without_offset(database: Database) -> None:
    """H1. "Data API always returns the Aurora PostgreSQL data type TIMESTAMPTZ in UTC"."""
    assert database.rows("select '2024-02-29 10:00:00+05:30'::timestamptz") == [["2024-02-29 04:30:00"]]


def test_an_array_holds_its_nulls(database: Database) -> None:
    """H1. A null element is not the text NULL."""
    records = database.execute("select array['a', null, 'NULL'], array[1, null]")["records"]
    assert records == [
        [{"arrayValue": {"stringValues": ["a", None, "NULL"]}}, {"arrayValue": {"longValues": [1, None]}}]
    ]


def test_an_enum_is_answered_as_text(database: Database, unique: Callable[[str], str]) -> None:
    """H1. Looked up in the catalogue of its database."""
    name = unique("mood").replace("-", "_")
    database.execute(f"create type {name} as enum ('calm')")
    answer = database.execute(f"select 'calm'::{name} as mood", includeResultMetadata=True)
    assert answer["records"] == [[{"stringValue": "calm"}]]
    assert answer["columnMetadata"][0]["typeName"] == name


def test_an_unsupported_type_is_refused_and_the_cast_works(database: Database) -> None:
    """H1. "Troubleshooting Amazon RDS Data API": cast to text."""
    code, message = refused(lambda: database.execute("select interval '1 day'"))
    assert (code, message) == (
        "UnsupportedResultException",
        "The result contains the unsupported data type INTERVAL.",
    )
    assert database.rows("select (interval '1 day')::text") == [["1 day"]]


def test_text_is_not_turned_into_a_uuid_by_itself(database: Database, table: str) -> None:
    """H1 C3. A forgotten type hint must fail here, not first in AWS."""
    code, message = refused(
        lambda: database.execute(f"insert into {table} (id) values (:id)", [text("id", str(uuid.uuid4()))])
    )
    assert code == "DatabaseErrorException"
    assert message.startswith('ERROR: column "id" is of type uuid but expression is of type text; Hint: ')
    assert message.endswith("; SQLState: 42804")


def test_numbers_of_changed_rows_are_reported(database: Database, table: str) -> None:
    """H1 C3. And none for a query."""
    values = "(gen_random_uuid(), 'a'), (gen_random_uuid(), 'b'), (gen_random_uuid(), 'c')"
    changed = [
        database.execute(sql)["numberOfRecordsUpdated"]
        for sql in (
            f"insert into {table} values {values}",
            f"update {table} set name = 'd' where name <> 'a'",
            f"select * from {table}",
            f"delete from {table} where name = 'a'",
        )
    ]
    assert changed == [3, 2, 0, 1]


def test_returning_gives_the_rows(database: Database, table: str) -> None:
    """H1 C3. Aurora PostgreSQL has no generatedFields."""
    answer = database.execute(f"insert into {table} values (gen_random_uuid(), 'Ada') returning name")
    assert answer == {
        "records": [[{"stringValue": "Ada"}]],
        "numberOfRecordsUpdated": 1,
        "generatedFields": [],
    }


def test_a_thousand_rows_go_in_with_one_parameter(database: Database, table: str) -> None:
    """C3. The consumer's batched insert."""
    people = [{"id": str(uuid.uuid4()), "name": f"Person {number}"} for number in range(1000)]
    answer = database.execute(
        f"insert into {table} select id, name from jsonb_to_recordset(cast(:people as jsonb)) as p(id uuid, name text)",
        [text("people", json.dumps(people))],
    )
    assert answer["numberOfRecordsUpdated"] == 1000
    assert database.rows(f"select count(*), count(distinct name) from {table}") == [[1000, 1000]]


def test_metadata_tells_real_types_and_origins(database: Database, table: str) -> None:
    """H1. Only when asked for."""
    answer = database.execute(
        f"select id, name as full_name, 1::numeric(10, 2) as price, array[1] as list from {table}",
        includeResultMetadata=True,
    )
    told = [
        (column["label"], column["name"], column["typeName"], column["type"], column["tableName"], column["nullable"])
        for column in answer["columnMetadata"]
    ]
    assert told == [
        ("id", "id", "uuid", 1111, table, 0),
        ("full_name", "name", "text", 12, table, 1),
        ("price", "price", "numeric", 2, "", 1),
        ("list", "list", "_int4", 2003, "", 1),
    ]
    assert (answer["columnMetadata"][2]["precision"], answer["columnMetadata"][2]["scale"]) == (10, 2)
    assert "columnMetadata" not in database.execute(f"select id from {table}")


def test_a_serial_column_is_marked(database: Database, unique: Callable[[str], str]) -> None:
    """H1. serial and identity alike."""
    name = unique("counters").replace("-", "_")
    database.execute(f"create table {name} (a serial, b int generated always as identity, c int default 7)")
    columns = database.execute(f"select a, b, c from {name}", includeResultMetadata=True)["columnMetadata"]
    assert [column["isAutoIncrement"] for column in columns] == [True, True, False]


def test_records_can_be_formatted_as_json(database: Database) -> None:
    """H1. Then there are no records and no metadata."""
    answer = database.execute(
        "select 1 as n, null as nothing, true as yes, array['a', null] as list, 1.50 as price",
        formatRecordsAs="JSON",
        includeResultMetadata=True,
    )
    assert json.loads(answer.pop("formattedRecords")) == [
        {"n": 1, "nothing": None, "yes": True, "list": ["a", None], "price": "1.50"}
    ]
    assert answer == {"numberOfRecordsUpdated": 0}


def test_json_format_is_ignored_for_other_statements(database: Database, table: str) -> None:
    """H1. "This parameter only applies to SELECT statements"."""
    answer = database.execute(
        f"insert into {table} values (gen_random_uuid(), 'Ada') returning name", formatRecordsAs="JSON"
    )
    assert answer["records"] == [[{"stringValue": "Ada"}]]
    assert "formattedRecords" not in answer


def test_several_statements_in_one_call_are_refused_and_none_runs(database: Database, table: str) -> None:
    """H1. "Comparing Amazon RDS Data API behaviors"."""
    insert = f"insert into {table} values (gen_random_uuid(), 'a')"
    code, message = refused(lambda: database.execute(f"{insert}; {insert}"))
    assert (code, message) == ("ValidationException", "Multistatements aren't supported.")
    assert database.rows(f"select count(*) from {table}") == [[0]]


def test_semicolons_in_literals_and_at_the_end_are_no_second_statement(database: Database) -> None:
    """H1. A function body, for example."""
    assert database.rows("select 'a;b', $$c;d$$; -- end;") == [["a;b", "c;d"]]


def test_a_unique_violation_names_constraint_and_state_but_not_the_value(database: Database, table: str) -> None:
    """H1 G2. The detail holds the row's values; the service keeps it."""
    insert = f"insert into {table} (id) values ('6f2c1f9e-5a35-4b51-9f0d-6d3f0a3b2c11')"
    database.execute(insert)
    assert refused(lambda: database.execute(insert)) == (
        "DatabaseErrorException",
        f'ERROR: duplicate key value violates unique constraint "{table}_pkey"; SQLState: 23505',
    )


@pytest.mark.parametrize(
    ("sql", "code", "message"),
    [
        ("selekt 1", "DatabaseErrorException", 'ERROR: syntax error at or near "selekt"; Position: 1; SQLState: 42601'),
        (
            "select * from nowhere",
            "DatabaseErrorException",
            'ERROR: relation "nowhere" does not exist; Position: 15; SQLState: 42P01',
        ),
        ("select 1/0", "DatabaseErrorException", "ERROR: division by zero; SQLState: 22012"),
        ("select :missing", "BadRequestException", "Cannot find parameter: missing"),
        (
            "copy (select 1) to stdout",
            "DatabaseErrorException",
            "ERROR: COPY from or to the client is not supported; SQLState: 0A000",
        ),
        (" \n", "ValidationException", "SQL is empty"),
        ("-- nothing", "ValidationException", "SQL is empty"),
    ],
)
def test_a_wrong_statement_gets_its_error(database: Database, sql: str, code: str, message: str) -> None:
    """H1. Text, position and state as the service composes them."""
    assert refused(lambda: database.execute(sql)) == (code, message)


def test_array_parameters_are_refused(database: Database) -> None:
    """H1. Through boto3, which knows the member."""
    parameter = {"name": "x", "value": {"arrayValue": {"stringValues": ["a"]}}}
    assert refused(lambda: database.execute("select :x", [parameter])) == (
        "BadRequestException",
        "Array parameters are not supported.",
    )


def test_the_schema_parameter_is_refused(database: Database) -> None:
    """H1. "Comparing Amazon RDS Data API behaviors"."""
    code, message = refused(lambda: database.execute("select 1", schema="public"))
    assert (code, message) == ("ValidationException", "The schema parameter isn't supported")


def test_sql_may_have_65536_characters_and_no_more(database: Database) -> None:
    """H1. SqlStatement of the service model."""
    longest = "select 1 --" + "x" * (65_536 - 11)
    assert database.rows(longest) == [[1]]
    assert refused(lambda: database.execute(longest + "x"))[0] == "ValidationException"


def test_a_request_over_4_mib_is_refused(database: Database) -> None:
    """H1. Whatever it consists of."""
    assert refused(lambda: database.execute("select :x", [text("x", "y" * 4 * 1024 * 1024)]))[0] == "413"


def test_a_result_over_1_mib_is_refused(database: Database) -> None:
    """H1. "Database response exceeded size limit": page with LIMIT."""
    query = "select repeat('x', 1000) from generate_series(1, {})"
    assert len(database.rows(query.format(1000))) == 1000
    code, message = refused(lambda: database.execute(query.format(1100)))
    assert (code, message) == ("UnsupportedResultException", "The result exceeds the size limit 1 MB.")


def test_a_row_over_64_kib_is_refused(database: Database) -> None:
    """H1. "Packet for query is too large"."""
    assert len(database.rows("select repeat('x', 65000)")[0][0]) == 65000
    code, message = refused(lambda: database.execute("select repeat('x', 66000)"))
    assert (code, message) == ("UnsupportedResultException", "Packet for query is too large")


def test_settings_and_temporary_tables_do_not_reach_the_next_call(database: Database) -> None:
    """H1. Sessions are shared between calls; what a caller left in one must not be."""
    database.execute("set timezone to 'Asia/Tokyo'")
    database.execute("create temporary table left_behind (n int)")
    database.execute("select pg_advisory_lock(7)::text")
    assert database.rows("show timezone") == [["UTC"]]
    assert database.rows("select to_regclass('left_behind')::text") == [[None]]
    assert database.rows("select count(*) from pg_locks where locktype = 'advisory' and objid = 7") == [[0]]


def test_a_begin_in_sql_does_not_hold_the_next_call_in_a_transaction(database: Database, table: str) -> None:
    """H1. Whatever the next caller writes must be kept."""
    database.execute("begin")
    database.execute(f"insert into {table} (id) values (gen_random_uuid())")
    database.execute("rollback")
    assert database.rows(f"select count(*) from {table}") == [[1]]


def test_a_batch_runs_the_statement_once_per_parameter_set(database: Database, table: str) -> None:
    """H1. generatedFields are empty for Aurora PostgreSQL."""
    sets = [[text("id", str(uuid.uuid4()), "UUID"), text("name", name)] for name in ("Ada", "Alan")]
    answer = database.client("rds-data").batch_execute_statement(
        **database.whom,
        database=database.database,
        sql=f"insert into {table} values (:id, :name)",
        parameterSets=sets,
    )
    assert answer["updateResults"] == [{"generatedFields": []}, {"generatedFields": []}]
    assert database.rows(f"select name from {table} order by name") == [["Ada"], ["Alan"]]


def test_a_failing_batch_keeps_the_sets_before_the_failure(database: Database, table: str) -> None:
    """H1. Without transaction every set commits by itself: nobody may rely on more."""
    sets = [[text("id", str(uuid.uuid4()), "UUID")], [text("id", "no uuid", "UUID")]]
    code, message = refused(
        lambda: database.client("rds-data").batch_execute_statement(
            **database.whom,
            database=database.database,
            sql=f"insert into {table} (id) values (:id)",
            parameterSets=sets,
        )
    )
    assert (code, message.rpartition("; ")[2]) == ("DatabaseErrorException", "SQLState: 22P02")
    assert database.rows(f"select count(*) from {table}") == [[1]]


def test_a_batch_without_sets_runs_once(database: Database, table: str) -> None:
    """H1. "To execute a SQL statement with no parameters"."""
    database.client("rds-data").batch_execute_statement(
        **database.whom, database=database.database, sql=f"insert into {table} (id) values (gen_random_uuid())"
    )
    assert database.rows(f"select count(*) from {table}") == [[1]]


def test_a_number_parameter_fits_limit_and_small_columns(database: Database) -> None:
    """H1. A long is int8 and is narrowed where PostgreSQL does so by itself."""
    rows = database.rows("select n from generate_series(1, 9) as s(n) order by n limit :rows", [number("rows", 2)])
    assert rows == [[1], [2]]
