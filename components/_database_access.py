"""How a function reaches the user database: which cluster, which secret, which statements its role needs."""

from typing import NotRequired, TypedDict

import pulumi

from components._iam import Statement


class DatabaseArgs(TypedDict):
    cluster_arn: pulumi.Input[str]
    """Aurora PostgreSQL cluster with the Data API on."""
    secret_arn: pulumi.Input[str]
    """Secrets Manager secret with `username` and `password`."""
    database_name: pulumi.Input[str]
    secret_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the secret, when it is not the AWS managed one."""


def database_environment(database: DatabaseArgs) -> dict[str, pulumi.Input[str]]:
    """Environment variables of a function that uses the database."""
    return {
        "CLUSTER_ARN": database["cluster_arn"],
        "SECRET_ARN": database["secret_arn"],
        "DATABASE_NAME": database["database_name"],
    }


def database_statements(database: DatabaseArgs, *operations: str) -> list[Statement]:
    """What a role needs for Data API `operations` such as `ExecuteStatement` on one cluster, with one secret."""
    statements = [
        Statement("RunStatements", [f"rds-data:{operation}" for operation in operations], [database["cluster_arn"]]),
        Statement("ReadDatabaseCredentials", ["secretsmanager:GetSecretValue"], [database["secret_arn"]]),
    ]
    if "secret_key_arn" in database:
        statements.append(Statement("DecryptDatabaseCredentials", ["kms:Decrypt"], [database["secret_key_arn"]]))
    return statements
