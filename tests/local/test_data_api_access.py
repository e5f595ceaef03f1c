"""Who may use the local cloud's Data API, on what, through boto3."""
# ruff: noqa: S608 - the names in these statements are made up by the tests

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from local.data_api_client import Client, Database, create_database, refused
from local.lambda_functions import Function
from local_cloud.cloud import LocalCloud

CALLER = """
import os
import boto3
from botocore.exceptions import ClientError

def lambda_handler(event, context):
    try:
        return boto3.client("rds-data").execute_statement(sql="select 1", **event)["records"]
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
"""


@pytest.fixture(scope="module")
def database(client: Client) -> Database:
    return create_database(client)


def test_the_master_user_owns_the_initial_database(database: Database) -> None:
    """H1. Aurora makes both with the cluster."""
    query = (
        "select current_user::text, pg_get_userbyid(datdba)::text from pg_database where datname = current_database()"
    )
    assert database.rows(query) == [[database.master, database.master]]
    assert database.rows("select usesuper from pg_user where usename = current_user") == [[False]]


def test_a_master_password_given_at_creation_works(client: Client) -> None:
    """H1. Without a secret managed by RDS."""
    database = create_database(client, ManageMasterUserPassword=False, MasterUserPassword="given-at-creation")
    assert database.with_credentials(database.master, "given-at-creation").rows("select 1") == [[1]]


def test_a_wrong_password_in_the_secret_is_refused(database: Database) -> None:
    """H1 G2. Also while sessions of the right password are pooled."""
    assert database.rows("select 1") == [[1]]
    wrong = database.with_credentials(database.master, "wrong")
    assert refused(lambda: wrong.execute("select 1")) == (
        "BadRequestException",
        f'FATAL: password authentication failed for user "{database.master}"; SQLState: 28P01',
    )


def test_an_unknown_user_is_refused_like_a_wrong_password(database: Database) -> None:
    """H1 G2. The answer does not tell which names exist."""
    code, message = refused(lambda: database.with_credentials("nobody", "x").execute("select 1"))
    assert code == "BadRequestException"
    assert "password authentication failed" in message


def test_the_operators_role_cannot_be_used_through_the_service(database: Database) -> None:
    """H1 G2. It is trusted on the socket without password."""
    code, message = refused(lambda: database.with_credentials("rdsadmin", "x").execute("select 1"))
    assert code == "BadRequestException"
    assert "password authentication failed" in message


def test_a_rotated_password_replaces_the_old_one(client: Client) -> None:
    """H1. Pooled sessions of the old one end with it."""
    database = create_database(client, ManageMasterUserPassword=False, MasterUserPassword="first-password")
    first = database.with_credentials(database.master, "first-password")
    assert first.rows("select 1") == [[1]]
    client("rds").modify_db_cluster(
        DBClusterIdentifier=database.arn.rpartition(":")[2], MasterUserPassword="second-password", ApplyImmediately=True
    )
    assert database.with_credentials(database.master, "second-password").rows("select 1") == [[1]]
    assert "password authentication failed" in refused(lambda: first.execute("select 1"))[1]


def test_another_role_has_its_own_rights(database: Database, unique: Callable[[str], str]) -> None:
    """H1 G2. A service with a role of its own sees what it was granted."""
    role, table = unique("reader").replace("-", "_"), unique("closed").replace("-", "_")
    database.execute(f"create role {role} login password 'its-own'")
    database.execute(f"create table {table} (n int)")
    reader = database.with_credentials(role, "its-own")
    assert reader.rows("select current_user::text") == [[role]]
    code, message = refused(lambda: reader.execute(f"select * from {table}"))
    assert (code, message) == (
        "DatabaseErrorException",
        f"ERROR: permission denied for table {table}; SQLState: 42501",
    )


def test_a_missing_secret_is_named(database: Database) -> None:
    """H1. Not a refusal of the database."""
    gone = Database(database.client, database.arn, database.secret + "x", database.database, database.master)
    code, message = refused(lambda: gone.execute("select 1"))
    assert code == "SecretsErrorException"
    assert gone.secret in message


@pytest.mark.parametrize(("user", "password"), [("someone", None), (None, "something")])
def test_a_secret_without_user_or_password_is_invalid(
    database: Database, user: str | None, password: str | None
) -> None:
    """H1. The service needs both."""
    incomplete = database.with_credentials(user, password)
    assert refused(lambda: incomplete.execute("select 1"))[0] == "InvalidSecretException"


def test_a_missing_database_is_the_databases_error(database: Database) -> None:
    """H1. PostgreSQL's words."""
    assert refused(lambda: database.execute("select 1", database="nowhere")) == (
        "DatabaseErrorException",
        'ERROR: database "nowhere" does not exist; SQLState: 3D000',
    )


def test_without_database_the_one_named_like_the_user_is_meant(database: Database) -> None:
    """H1. Not the cluster's initial one: the service leaves the choice to PostgreSQL."""
    code, message = refused(
        lambda: database.client("rds-data").execute_statement(**database.whom, sql="select current_database()")
    )
    assert (code, message) == (
        "DatabaseErrorException",
        f'ERROR: database "{database.master}" does not exist; SQLState: 3D000',
    )


def test_an_unknown_cluster_is_refused(database: Database) -> None:
    """H1. The ARN has to match exactly, letter case included."""
    for arn in (database.arn + "x", database.arn.replace("cluster-", "Cluster-")):
        unknown = Database(database.client, arn, database.secret, database.database, database.master)
        code, message = refused(lambda unknown=unknown: unknown.execute("select 1"))  # type: ignore[misc]
        assert code == "BadRequestException"
        assert arn in message


def test_an_instance_is_not_a_cluster(database: Database) -> None:
    """H1. The emulator alone would accept its ARN."""
    arn = database.arn.replace(":cluster:", ":db:") + "-1"
    instance = Database(database.client, arn, database.secret, database.database, database.master)
    assert refused(lambda: instance.execute("select 1"))[0] == "BadRequestException"


def test_a_cluster_without_http_endpoint_is_refused(client: Client) -> None:
    """H1 C7. Forgotten in the program, it must not work here."""
    closed = create_database(client, EnableHttpEndpoint=False)
    assert refused(lambda: closed.execute("select 1"))[0] == "HttpEndpointNotEnabledException"


def test_a_cluster_without_instance_is_refused(client: Client, database: Database) -> None:
    """H1 C7. A Serverless v2 cluster needs an instance to compute with."""
    name = database.arn.rpartition(":")[2] + "-empty"
    cluster = client("rds").create_db_cluster(
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        EngineVersion="16.8",
        MasterUsername="nobody_else",
        ManageMasterUserPassword=True,
        EnableHttpEndpoint=True,
    )["DBCluster"]
    empty = Database(client, cluster["DBClusterArn"], cluster["MasterUserSecret"]["SecretArn"], "postgres", "")
    assert refused(lambda: empty.execute("select 1"))[0] == "DatabaseNotFoundException"


def test_a_function_needs_the_permission_for_the_secret_too(
    database: Database, make_function: Callable[..., Function]
) -> None:
    """H1 G2. "Authorizing access to the Amazon RDS Data API": the service reads the secret as the caller."""
    call = {**database.whom, "database": database.database}
    statement = {"Effect": "Allow", "Action": "rds-data:ExecuteStatement", "Resource": database.arn}
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": database.secret}
    function = make_function(CALLER, statements=[statement])
    code, message = function.invoke(call).payload
    assert code == "AccessDeniedException"
    assert "secretsmanager:GetSecretValue" in message
    function.allow(statement, read)
    assert function.invoke(call).payload == [[{"longValue": 1}]]
    function.allow(read)
    code, message = function.invoke(call).payload
    assert code == "AccessDeniedException"
    assert "rds-data:ExecuteStatement" in message


def test_two_living_clusters_cannot_share_a_database_name(client: Client, database: Database) -> None:
    """H1. There is one PostgreSQL: the second is told, its data does not end up in the first."""
    second = create_database(client, DatabaseName=database.database)
    code, message = refused(lambda: second.execute("select 1"))
    assert code == "BadRequestException"
    assert f"database {database.database} belongs to another cluster" in message


def test_a_cluster_made_again_starts_empty(client: Client, unique: Callable[[str], str]) -> None:
    """H1. As in AWS: the name is the same, the data is not."""
    name = unique("again")
    options: dict[str, Any] = {
        "DBClusterIdentifier": name,
        "DatabaseName": name.replace("-", "_"),
        "MasterUsername": name.replace("-", "_") + "_owner",
    }
    first = create_database(client, **options)
    first.execute("create table remains (n int)")
    client("rds").delete_db_instance(DBInstanceIdentifier=f"{name}-1", SkipFinalSnapshot=True)
    client("rds").delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    second = create_database(client, **options)
    assert second.rows("select to_regclass('remains')::text") == [[None]]


def test_the_operator_sees_what_a_cluster_wrote(
    cloud: LocalCloud, database: Database, unique: Callable[[str], str]
) -> None:
    """H1. The DSN of the cloud leads to the same server."""
    table = unique("seen").replace("-", "_")
    database.execute(f"create table {table} as select 7 as n")
    with psycopg.connect(cloud.postgres_dsn, dbname=database.database) as connection:
        assert connection.execute(f"select n from {table}").fetchone() == (7,)
