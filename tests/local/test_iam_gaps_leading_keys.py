"""`dynamodb:LeadingKeys` in the running local cloud: rows of the session's clinic, in every way to ask for them."""

from typing import Any

import pytest

from local.role_sessions import allow, assume, client_as, outcome
from local_cloud.cloud import LocalCloud

TABLE = "iam-gaps-rows"
OWN, OTHER = "clinic-a", "clinic-b"
ACTIONS = (
    "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem", "ConditionCheckItem",
    "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete",
)  # fmt: skip

both_clinics = pytest.mark.parametrize(("clinic", "expected"), [(OWN, "done"), (OTHER, "denied")])


@pytest.fixture(scope="module")
def rows(cloud: LocalCloud) -> Any:
    """DynamoDB as a session of clinic A: any of the actions, under the condition that AWS documents."""
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("clinic", "id", "owner")],
        KeySchema=[{"AttributeName": "clinic", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-owner",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for clinic in (OWN, OTHER):
        dynamodb.put_item(TableName=TABLE, Item=item(clinic))
    table = f"arn:aws:dynamodb:{cloud.region}:{cloud.account_id}:table/{TABLE}"
    statement = allow(
        [f"dynamodb:{action}" for action in ACTIONS],
        [table, f"{table}/index/*"],
        ForAllValues_StringEquals={"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant}"]},
    )
    return client_as(cloud, assume(cloud, statement, tags={"tenant": OWN}), "dynamodb")


def key(clinic: str, identity: str = "1") -> dict[str, Any]:
    return {"clinic": {"S": clinic}, "id": {"S": identity}}


def item(clinic: str, identity: str = "1") -> dict[str, Any]:
    return {**key(clinic, identity), "owner": {"S": clinic}}


@both_clinics
def test_single_items(rows: Any, clinic: str, expected: str) -> None:
    """A9 A11. "Using IAM policy conditions for fine-grained access control"; stock, every clinic passes."""
    assert outcome(rows.get_item, TableName=TABLE, Key=key(clinic)) == expected
    assert outcome(rows.put_item, TableName=TABLE, Item=item(clinic)) == expected
    change = {"UpdateExpression": "SET note = :n", "ExpressionAttributeValues": {":n": {"S": clinic}}}
    assert outcome(rows.update_item, TableName=TABLE, Key=key(clinic), **change) == expected


@both_clinics
@pytest.mark.parametrize(
    "condition",
    ["clinic = :c", "#c=:c AND id = :i", "id = :i and (clinic = :c)", "begins_with(id, :i) AND clinic = :c"],
)
def test_queries(rows: Any, condition: str, clinic: str, expected: str) -> None:
    """A9. "Using IAM policy conditions for fine-grained access control": whatever way the key is written."""
    values = {":c": {"S": clinic}, **({":i": {"S": OWN}} if ":i" in condition else {})}
    names = {"ExpressionAttributeNames": {"#c": "clinic"}} if "#c" in condition else {}
    query = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, **names}
    assert outcome(rows.query, TableName=TABLE, **query) == expected


@both_clinics
def test_queries_of_the_older_form(rows: Any, clinic: str, expected: str) -> None:
    """A9. "Legacy conditional parameters"."""
    conditions = {"clinic": {"AttributeValueList": [{"S": clinic}], "ComparisonOperator": "EQ"}}
    assert outcome(rows.query, TableName=TABLE, KeyConditions=conditions) == expected


@both_clinics
def test_queries_of_an_index_go_by_the_indexs_key(rows: Any, clinic: str, expected: str) -> None:
    """A9. "Using IAM policy conditions for fine-grained access control": the partition key of the index."""
    query = {"KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"}}
    values = {":o": {"S": clinic}}
    found = outcome(rows.query, TableName=TABLE, IndexName="by-owner", ExpressionAttributeValues=values, **query)
    assert found == expected


@both_clinics
def test_batches_are_denied_for_one_strangers_row(rows: Any, clinic: str, expected: str) -> None:
    """A9. "Using IAM policy conditions for fine-grained access control": all keys of the request."""
    read = {TABLE: {"Keys": [key(OWN), key(clinic, "2")]}}
    written = {TABLE: [{"PutRequest": {"Item": item(OWN)}}, {"DeleteRequest": {"Key": key(clinic, "2")}}]}
    assert outcome(rows.batch_get_item, RequestItems=read) == expected
    assert outcome(rows.batch_write_item, RequestItems=written) == expected


@both_clinics
def test_transactions_are_denied_for_one_strangers_row(rows: Any, clinic: str, expected: str) -> None:
    """A9. "Amazon DynamoDB Transactions: How it works", IAM."""
    puts = [{"Put": {"TableName": TABLE, "Item": item(one, identity)}} for one, identity in ((OWN, "3"), (clinic, "4"))]
    gets = [{"Get": {"TableName": TABLE, "Key": key(one)}} for one in dict.fromkeys((OWN, clinic))]
    assert outcome(rows.transact_write_items, TransactItems=puts) == expected
    assert outcome(rows.transact_get_items, TransactItems=gets) == expected


@both_clinics
@pytest.mark.parametrize(
    "statement",
    [
        'SELECT * FROM "{table}" WHERE clinic = ?',
        'SELECT * FROM "{table}"."by-owner" WHERE "owner" = ?',
        "INSERT INTO \"{table}\" VALUE {{'clinic': ?, 'id': 'partiql'}}",
        "UPDATE \"{table}\" SET note = 'n' WHERE clinic = ? AND id = '1'",
        "DELETE FROM \"{table}\" WHERE clinic = ? AND id = 'partiql'",
    ],
)
def test_partiql(rows: Any, statement: str, clinic: str, expected: str) -> None:
    """A9. "IAM security policies with PartiQL for DynamoDB"; stock, they are other actions on any table."""
    text = statement.format(table=TABLE)
    assert outcome(rows.execute_statement, Statement=text, Parameters=[{"S": clinic}]) == expected


@both_clinics
def test_partiql_in_batches_and_transactions(rows: Any, clinic: str, expected: str) -> None:
    """A9. "IAM security policies with PartiQL for DynamoDB"."""
    text = f'SELECT * FROM "{TABLE}" WHERE clinic = ? AND id = ?'  # noqa: S608 (a fixed table)
    statements = [{"Statement": text, "Parameters": [{"S": one}, {"S": "1"}]} for one in dict.fromkeys((OWN, clinic))]
    assert outcome(rows.batch_execute_statement, Statements=statements) == expected
    assert outcome(rows.execute_transaction, TransactStatements=statements) == expected


def test_partiql_with_a_list_of_keys_is_denied_for_one_strangers(rows: Any) -> None:
    """A9. "IAM security policies with PartiQL for DynamoDB": IN names keys too."""
    both = f"SELECT * FROM \"{TABLE}\" WHERE clinic IN ['{OWN}', '{OTHER}']"  # noqa: S608 (fixed values)
    assert outcome(rows.execute_statement, Statement=both) == "denied"


def test_a_scan_is_for_the_policy_to_leave_out(rows: Any) -> None:
    """A9. "Using IAM policy conditions for fine-grained access control": it names no key, so no condition holds it."""
    assert outcome(rows.scan, TableName=TABLE) == "denied"


def test_a_whole_table_select_is_told_by_its_own_key(cloud: LocalCloud) -> None:
    """A9. "IAM security policies with PartiQL for DynamoDB": dynamodb:FullTableScan."""
    table = f"arn:aws:dynamodb:{cloud.region}:{cloud.account_id}:table/{TABLE}"
    deny = {
        **allow("dynamodb:PartiQLSelect", table, Bool={"dynamodb:FullTableScan": ["true"]}),
        "Effect": "Deny",
    }
    rows = client_as(cloud, assume(cloud, allow("dynamodb:PartiQLSelect", table), deny), "dynamodb")
    whole, one = f'SELECT * FROM "{TABLE}"', f"SELECT * FROM \"{TABLE}\" WHERE clinic = '{OWN}'"  # noqa: S608
    assert [outcome(rows.execute_statement, Statement=text) for text in (whole, one)] == ["denied", "done"]
