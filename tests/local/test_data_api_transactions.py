"""Transactions of the local cloud's Data API, and that waiting for one holds up nobody else, through boto3."""
# ruff: noqa: S608 - the names in these statements are made up by the tests

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.data_api_client import Client, Database, create_database, refused


@pytest.fixture(scope="module")
def database(client: Client) -> Database:
    return create_database(client)


@pytest.fixture
def table(database: Database, unique: Callable[[str], str]) -> str:
    """A table `(n int primary key)` with the row 1."""
    name = unique("counters").replace("-", "_")
    database.execute(f"create table {name} (n int primary key)")
    database.execute(f"insert into {name} values (1)")
    return name


def numbers(database: Database, table: str, **options: Any) -> list[int]:
    return [row[0] for row in database.rows(f"select n from {table} order by n", **options)]


def test_a_transaction_is_visible_to_others_only_once_committed(database: Database, table: str) -> None:
    """H1. Isolation."""
    transaction = database.begin()
    database.execute(f"insert into {table} values (2)", transactionId=transaction)
    assert numbers(database, table, transactionId=transaction) == [1, 2]
    assert numbers(database, table) == [1]
    assert database.commit(transaction) == "Transaction Committed"
    assert numbers(database, table) == [1, 2]


def test_a_rolled_back_transaction_leaves_nothing(database: Database, table: str) -> None:
    """H1. DDL included."""
    transaction = database.begin()
    database.execute(f"insert into {table} values (2)", transactionId=transaction)
    database.execute(f"create table {table}_more (n int)", transactionId=transaction)
    assert database.rollback(transaction) == "Rollback Complete"
    assert numbers(database, table) == [1]
    assert database.rows(f"select to_regclass('{table}_more')::text") == [[None]]


def test_a_batch_in_a_transaction_is_all_or_nothing(database: Database, table: str) -> None:
    """H1 C3. Unlike a batch alone."""
    transaction = database.begin()
    sets = [[{"name": "n", "value": {"longValue": number}}] for number in (2, 1)]
    code, _ = refused(
        lambda: database.client("rds-data").batch_execute_statement(
            **database.whom, sql=f"insert into {table} values (:n)", parameterSets=sets, transactionId=transaction
        )
    )
    database.rollback(transaction)
    assert code == "DatabaseErrorException"
    assert numbers(database, table) == [1]


def test_an_ended_transaction_is_not_found_and_the_message_says_why(database: Database) -> None:
    """H1. "Troubleshooting Amazon RDS Data API"."""
    transaction = database.begin()
    database.commit(transaction)
    for call in (
        lambda: database.execute("select 1", transactionId=transaction),
        lambda: database.commit(transaction),
        lambda: database.rollback(transaction),
    ):
        code, message = refused(call)
        assert code == "TransactionNotFoundException"
        assert message == (
            f"Transaction {transaction} is not found. One previous call resulted in a termination of your transaction."
        )


def test_an_invented_transaction_is_not_found(database: Database) -> None:
    """H1. The same exception, another cause."""
    code, message = refused(lambda: database.execute("select 1", transactionId="invented"))
    assert code == "TransactionNotFoundException"
    assert message == "Transaction invented is not found. Transaction may be expired."


def test_a_transaction_of_another_cluster_is_not_found(database: Database, client: Client) -> None:
    """H1 G2. An id is no key to another cluster's data."""
    other = create_database(client)
    transaction = database.begin()
    assert refused(lambda: other.execute("select 1", transactionId=transaction))[0] == "TransactionNotFoundException"
    database.rollback(transaction)


def test_a_failed_statement_aborts_the_transaction_and_commit_says_so(database: Database, table: str) -> None:
    """H1. A commit that keeps nothing is not reported as success."""
    transaction = database.begin()
    database.execute(f"insert into {table} values (2)", transactionId=transaction)
    refused(lambda: database.execute(f"insert into {table} values (1)", transactionId=transaction))
    aborted = (
        "DatabaseErrorException",
        "ERROR: current transaction is aborted, commands ignored until end of transaction block; SQLState: 25P02",
    )
    assert refused(lambda: database.execute("select 1", transactionId=transaction)) == aborted
    assert refused(lambda: database.commit(transaction)) == aborted
    assert numbers(database, table) == [1]
    code, message = refused(lambda: database.commit(transaction))
    assert code == "TransactionNotFoundException"
    assert message.endswith("Transaction has been aborted due to an error from a previous call.")


def test_a_constraint_checked_at_commit_fails_the_commit(database: Database, table: str) -> None:
    """H1. A deferred constraint."""
    child = f"{table}_child"
    database.execute(f"create table {child} (n int references {table} deferrable initially deferred)")
    transaction = database.begin()
    database.execute(f"insert into {child} values (99)", transactionId=transaction)
    code, message = refused(lambda: database.commit(transaction))
    assert (code, message.rpartition("; ")[2]) == ("DatabaseErrorException", "SQLState: 23503")
    assert database.rows(f"select count(*) from {child}") == [[0]]


def test_a_commit_in_sql_ends_the_transaction(database: Database, table: str) -> None:
    """H1. The next statement must not silently run outside it."""
    transaction = database.begin()
    database.execute(f"insert into {table} values (2)", transactionId=transaction)
    database.execute("commit", transactionId=transaction)
    code, _ = refused(lambda: database.execute(f"insert into {table} values (3)", transactionId=transaction))
    assert code == "TransactionNotFoundException"
    assert numbers(database, table) == [1, 2]


def test_transactions_begun_at_the_same_time_are_independent(database: Database, table: str) -> None:
    """H1. Each has a session of its own."""
    with ThreadPoolExecutor(8) as threads:
        transactions = list(threads.map(lambda _: database.begin(), range(8)))
        for number, transaction in enumerate(transactions, start=10):
            database.execute(f"insert into {table} values ({number})", transactionId=transaction)
        list(threads.map(database.commit, transactions[:4]))
        list(threads.map(database.rollback, transactions[4:]))
    assert len(set(transactions)) == 8
    assert numbers(database, table) == [1, 10, 11, 12, 13]


def test_waiting_for_a_row_lock_does_not_hold_up_the_cloud(database: Database, table: str, client: Client) -> None:
    """H1. Not the Data API, not any other service, and not the commit that ends the wait."""
    holder = database.begin()
    database.execute(f"update {table} set n = 2", transactionId=holder)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(database.execute, f"update {table} set n = n + 10")
        time.sleep(0.3)
        began = time.monotonic()
        client("sts").get_caller_identity()
        database.execute("select 1")
        assert time.monotonic() - began < 2
        assert not waiting.done()
        database.commit(holder)
        waiting.result(timeout=10)
    assert numbers(database, table) == [12]


def test_a_second_request_in_a_running_transaction_is_refused_at_once(database: Database) -> None:
    """H1. "DatabaseErrorException: Transaction is still running a query"."""
    transaction = database.begin()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(database.execute, "select pg_sleep(1)::text", transactionId=transaction)
        time.sleep(0.3)
        expected = ("DatabaseErrorException", "Transaction is still running a query")
        assert refused(lambda: database.execute("select 1", transactionId=transaction)) == expected
        assert refused(lambda: database.commit(transaction)) == expected
        running.result(timeout=10)
    assert database.commit(transaction) == "Transaction Committed"
