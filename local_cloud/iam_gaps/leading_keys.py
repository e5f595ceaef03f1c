"""`dynamodb:LeadingKeys`: the partition keys that a request names, and the PartiQL actions that carry them.

Facts from "Using IAM policy conditions for fine-grained access control" and "IAM security policies with PartiQL"
(Amazon DynamoDB Developer Guide). A Scan names no key, and a condition with ForAllValues then holds: AWS leaves it to
the policy not to allow Scan. A transaction is checked item by item, here each against the keys of all its items.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.services import dynamodb

PARTIQL_ACTIONS: Mapping[str, str] = {
    "SELECT": "dynamodb:PartiQLSelect",
    "INSERT": "dynamodb:PartiQLInsert",
    "UPDATE": "dynamodb:PartiQLUpdate",
    "DELETE": "dynamodb:PartiQLDelete",
    "EXISTS": "dynamodb:PartiQLSelect",
}
PARTIQL_OPERATIONS = frozenset(
    f"dynamodb:{operation}" for operation in ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")
)
"""No IAM actions of their own: each statement is authorized as what it does to its table."""

_original_context = iam_actions.dynamodb_service_context
_original_checks = iam_actions.dynamodb_transaction_checks


def install() -> None:
    """Give requests of the emulator's DynamoDB their keys, and PartiQL statements their actions."""
    iam_actions.dynamodb_service_context = _service_context
    iam_actions.dynamodb_transaction_checks = _checks


def _service_context(body: bytes) -> dict[str, Any]:
    context: dict[str, Any] = _original_context(body)
    request = _parsed(body)
    keys = list(dict.fromkeys([*_leading_keys(request), *(key for s in _statements(request) for key in _keys_of(s))]))
    if keys:
        context["dynamodb:LeadingKeys"] = keys
    selects = [s for s in _statements(request) if s["op"] == "SELECT"]
    if selects:
        context["dynamodb:FullTableScan"] = str(any(not list(_keys_of(s)) for s in selects)).lower()
    return context


def _checks(iam_action: str, body: bytes, region: str, account_id: str) -> Any:
    if iam_action not in PARTIQL_OPERATIONS:
        return _original_checks(iam_action, body, region, account_id)
    found = []
    for statement in _statements(_parsed(body)):
        arn = iam_actions._dynamodb_table_arn(statement["table"], region, account_id)
        found.append(
            (PARTIQL_ACTIONS[statement["op"]], f"{arn}/index/{statement['index']}" if statement["index"] else arn)
        )
    return found


def _leading_keys(request: Mapping[str, Any]) -> Iterator[str]:
    """Of every operation but PartiQL."""
    table = request.get("TableName")
    if table:
        yield from _of_item(table, request.get("Item") or request.get("Key") or {})
        yield from _of_query(table, request)
    for name, wanted in _mapping(request.get("RequestItems")).items():
        # BatchGetItem has an object with Keys, BatchWriteItem a list of requests.
        for entry in wanted if isinstance(wanted, list) else _mapping(wanted).get("Keys", []):
            yield from _of_item(name, _item_of(entry))
    for entry in request.get("TransactItems") or []:
        for detail in map(_mapping, _mapping(entry).values()):
            yield from _of_item(detail.get("TableName"), detail.get("Item") or detail.get("Key") or {})


def _item_of(entry: Mapping[str, Any]) -> Any:
    if "PutRequest" in entry:
        return _mapping(entry["PutRequest"]).get("Item")
    if "DeleteRequest" in entry:
        return _mapping(entry["DeleteRequest"]).get("Key")
    return entry


def _of_item(table: Any, item: Any) -> Iterator[str]:
    for name in _partition_keys(table):
        if name in _mapping(item):
            yield _text(item[name])


def _of_query(table: str, request: Mapping[str, Any]) -> Iterator[str]:
    wanted = _partition_keys(table, request.get("IndexName"))
    names, values = (_mapping(request.get(f"ExpressionAttribute{kind}")) for kind in ("Names", "Values"))
    for part in _conjuncts(str(request.get("KeyConditionExpression") or "")):
        sides = [side.strip(" ()") for side in part.split("=")]
        if len(sides) == 2 and names.get(sides[0], sides[0]) in wanted and sides[1] in values:
            yield _text(values[sides[1]])
    for name, condition in _mapping(request.get("KeyConditions")).items():
        if name in wanted:
            yield from (_text(value) for value in _mapping(condition).get("AttributeValueList") or [])


def _conjuncts(expression: str) -> list[str]:
    parts: list[list[str]] = [[]]
    for word in expression.replace("=", " = ").split():
        if word.upper() == "AND":
            parts.append([])
        else:
            parts[-1].append(word)
    return [" ".join(part) for part in parts]


def _statements(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The request's PartiQL statements as the emulator reads them; those it cannot read it refuses later."""
    entries = (
        [request] if "Statement" in request else [*_list(request, "Statements"), *_list(request, "TransactStatements")]
    )
    found = []
    for entry in entries:
        try:
            parsed: dict[str, Any] = dynamodb._parse_partiql(str(entry.get("Statement")), entry.get("Parameters") or [])
        except ValueError:
            continue
        found.append({**parsed["select"], "op": "EXISTS"} if parsed["op"] == "EXISTS" else parsed)
    return found


def _keys_of(statement: Mapping[str, Any]) -> Iterator[str]:
    """Partition keys that a statement names by equality or IN, joined by AND."""
    if statement["op"] == "INSERT":
        item = _mapping(statement.get("item"))
        yield from _of_item(statement["table"], item["M"] if set(item) == {"M"} else item)
    wanted = _partition_keys(statement["table"], statement["index"])
    for attribute, operator, value in statement.get("conditions") or []:
        if attribute in wanted and operator in ("=", "IN"):
            yield from (_text(single) for single in (value if isinstance(value, list) else [value]))


def _partition_keys(table: Any, index: Any = None) -> set[str]:
    """Names of the partition key's attributes of a table (by name or ARN), or of one of its indexes."""
    record = dynamodb._tables.get(str(table).rsplit("/", 1)[-1]) or {}
    schema = record.get("KeySchema", [])
    if index:
        indexes = [*record.get("GlobalSecondaryIndexes", []), *record.get("LocalSecondaryIndexes", [])]
        schema = next((one["KeySchema"] for one in indexes if one["IndexName"] == index), [])
    return {element["AttributeName"] for element in schema if element["KeyType"] == "HASH"}


def _text(value: Any) -> str:
    """`{"S": "clinic"}` -> `clinic`."""
    return str(next(iter(_mapping(value).values()), ""))


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(body or b"{}"))
    except ValueError:
        return {}


def _list(request: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = request.get(name)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
