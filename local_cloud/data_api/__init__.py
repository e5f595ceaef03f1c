"""RDS Data API of the local cloud: the emulator's control plane in front, the embedded PostgreSQL behind.

`install` replaces the emulator's request handler. The check of `rds-data:*` permissions before it stays; the clusters
and secrets it names are the emulator's. In addition the caller must be allowed to read the secret, as in AWS
("Authorizing access to the Amazon RDS Data API", Amazon Aurora User Guide).
"""

import json
from collections.abc import Mapping

from local_cloud.compatibility import Patched
from local_cloud.data_api.clusters import Cluster
from local_cloud.data_api.errors import DataApiError, unavailable
from local_cloud.data_api.service import DataApi, Response, Target
from local_cloud.data_api.statements import Request
from local_cloud.postgres import Postgres

__all__ = ["PATCHED", "install"]

_RDS_DATA = "ministack.services.rds_data"

PATCHED = (
    Patched(_RDS_DATA, "handle_request", "(method, path, headers, body, query_params)"),
    Patched(_RDS_DATA, "reset", "()"),
    Patched(_RDS_DATA, "_resolve_target", "(resource_arn)"),
    Patched(_RDS_DATA, "_validate_http_endpoint_enabled", "(cluster, resource_arn)"),
    Patched(_RDS_DATA, "_cluster_resolution_error", "(resource_arn, engine)"),
    Patched(_RDS_DATA, "_require_secret_credentials", "(secret_arn)"),
    Patched("ministack.services.secretsmanager", "_resolve", "(secret_id, *, use_arn_scope=False)"),
    Patched("ministack.services.rds", "_clusters", "AccountRegionScopedDict"),
    Patched(
        "ministack.app",
        "_enforce_data_plane",
        "(service: str, iam_action: str, headers: dict, query_params: dict, request_id: str, resource_arn: str = '*',"
        " service_context: dict | None = None, auth_error_response=None, named_resource: str = '')",
    ),
)


def install(postgres: Postgres) -> None:
    """Serve the Data API of this process's emulator from `postgres`."""
    from ministack.services import rds_data

    service = DataApi(postgres.dsn, _resolve)
    rds_data.handle_request = service.handle_request
    rds_data.reset = service.reset


def _resolve(data: Request, headers: Mapping[str, str]) -> Target:
    """Cluster and credentials of a request from the emulator's control plane. Raises DataApiError."""
    from ministack import app
    from ministack.services import rds, rds_data, secretsmanager

    for name in ("resourceArn", "secretArn"):
        if not data.get(name):
            raise DataApiError("BadRequestException", f"{name} is required")
    arn, secret_arn = str(data["resourceArn"]), str(data["secretArn"])
    member, engine, cluster = rds_data._resolve_target(arn)
    if cluster is None or cluster["DBClusterArn"] != arn:
        # The emulator also knows instances here; the service knows clusters only, by their exact ARN.
        _refuse(rds_data._cluster_resolution_error(arn, None))
    _refuse(rds_data._validate_http_endpoint_enabled(cluster, arn))
    if not cluster["DBClusterMembers"]:
        raise DataApiError("DatabaseNotFoundException", "The DB cluster doesn't have a DB instance.")
    if member is None:
        raise unavailable()
    if "postgres" not in str(engine):
        raise DataApiError("BadRequestException", f"the local cloud serves Aurora PostgreSQL only, {arn} is {engine}")
    _name, secret = secretsmanager._resolve(secret_arn, use_arn_scope=True)
    named = secret["ARN"] if secret else secret_arn
    _refuse(
        app._enforce_data_plane(
            "secretsmanager",
            "secretsmanager:GetSecretValue",
            headers,
            {},
            "",
            resource_arn=named,
            named_resource=named,
        )
    )
    user, password, problem = rds_data._require_secret_credentials(secret_arn)
    _refuse(problem)
    if not user:
        raise DataApiError("InvalidSecretException", f"Secret does not contain a username for ARN: {secret_arn}")
    described = Cluster(
        arn=arn,
        resource_id=cluster["DbClusterResourceId"],
        master_user=cluster["MasterUsername"],
        master_password=cluster["_MasterUserPassword"],
        database=cluster.get("DatabaseName"),
        living=frozenset(known["DbClusterResourceId"] for known in rds._clusters.all_values()),
    )
    return Target(described, str(user), str(password))


def _refuse(response: Response | None) -> None:
    """Raise what the emulator answers, if it answers."""
    if response is None:
        return
    _status, _headers, body = response
    content = json.loads(body)
    raise DataApiError(str(content.get("__type", "BadRequestException")).rpartition("#")[2], str(content["message"]))
