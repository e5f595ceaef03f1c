"""A database cluster of the running local cloud and short ways to talk to it through boto3."""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Database:
    """Calls of the Data API with the same cluster, secret and database."""

    client: Client
    arn: str
    secret: str
    database: str
    master: str

    @property
    def whom(self) -> dict[str, str]:
        return {"resourceArn": self.arn, "secretArn": self.secret}

    def execute(self, sql: str, parameters: Sequence[dict[str, Any]] = (), **options: Any) -> dict[str, Any]:
        arguments = {**self.whom, "database": self.database, **options}
        answer: dict[str, Any] = self.client("rds-data").execute_statement(
            sql=sql, parameters=list(parameters), **arguments
        )
        del answer["ResponseMetadata"]
        return answer

    def rows(self, sql: str, parameters: Sequence[dict[str, Any]] = (), **options: Any) -> list[list[Any]]:
        """Every row as plain values; NULL as None."""
        return [
            [None if "isNull" in field else next(iter(field.values())) for field in record]
            for record in self.execute(sql, parameters, **options)["records"]
        ]

    def begin(self) -> str:
        return str(self.client("rds-data").begin_transaction(**self.whom, database=self.database)["transactionId"])

    def commit(self, transaction: str) -> str:
        answer = self.client("rds-data").commit_transaction(**self.whom, transactionId=transaction)
        return str(answer["transactionStatus"])

    def rollback(self, transaction: str) -> str:
        answer = self.client("rds-data").rollback_transaction(**self.whom, transactionId=transaction)
        return str(answer["transactionStatus"])

    def with_credentials(self, user: str | None, password: str | None) -> "Database":
        """The same database through a new secret."""
        content = {name: value for name, value in (("username", user), ("password", password)) if value is not None}
        secret = self.client("secretsmanager").create_secret(
            Name=f"database-{uuid.uuid4()}", SecretString=json.dumps(content)
        )
        return replace(self, secret=secret["ARN"])


def create_database(client: Client, **options: Any) -> Database:
    """A cluster with one instance, its master password managed by RDS."""
    name = f"cluster-{uuid.uuid4().hex[:8]}"
    database = name.replace("-", "_")
    cluster = client("rds").create_db_cluster(
        **{
            "DBClusterIdentifier": name,
            "Engine": "aurora-postgresql",
            "EngineVersion": "16.8",
            "MasterUsername": f"{database}_owner",
            "ManageMasterUserPassword": True,
            "DatabaseName": database,
            "EnableHttpEndpoint": True,
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 1},
        }
        | options
    )["DBCluster"]
    add_instance(client, cluster["DBClusterIdentifier"])
    secret = cluster.get("MasterUserSecret", {}).get("SecretArn", "")
    return Database(client, cluster["DBClusterArn"], secret, cluster["DatabaseName"], cluster["MasterUsername"])


def add_instance(client: Client, cluster: str) -> None:
    client("rds").create_db_instance(
        DBInstanceIdentifier=f"{cluster}-1",
        DBClusterIdentifier=cluster,
        Engine="aurora-postgresql",
        DBInstanceClass="db.serverless",
    )


def refused(call: Callable[[], object]) -> tuple[str, str]:
    """Code and message of the error that the call must raise."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def text(name: str, value: str, hint: str | None = None) -> dict[str, Any]:
    """A string parameter."""
    return {"name": name, "value": {"stringValue": value}} | ({"typeHint": hint} if hint else {})


def number(name: str, value: int) -> dict[str, Any]:
    return {"name": name, "value": {"longValue": value}}
