"""boto3 clients for the emulator, one per service and region."""

import threading
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.model import OperationModel

_CONFIG = Config(
    retries={"total_max_attempts": 1},
    read_timeout=905,
    max_pool_connections=32,
    s3={"addressing_style": "path"},
)
"""One attempt only: the emulator is local, and a second InvokeFunction would run a migration twice. The read timeout
is just over the longest a Lambda function may run (900 s)."""

ROOT_CREDENTIALS: Mapping[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
"""What the emulator takes for the account's root user; worthless anywhere else."""


class Clients:
    """Clients on one emulator endpoint. Safe to use from several threads: boto3 clients are, their creation is not."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._session = boto3.session.Session(**ROOT_CREDENTIALS)
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, region: str) -> Any:
        key = (service, region)
        with self._lock:
            if key not in self._clients:
                make: Any = self._session.client
                self._clients[key] = make(service, region_name=region, endpoint_url=self.endpoint, config=_CONFIG)
            return self._clients[key]

    def operation(self, service: str, region: str, name: str) -> OperationModel:
        """botocore's model of an operation. Raises botocore's OperationNotFoundError."""
        model: OperationModel = self.get(service, region).meta.service_model.operation_model(name)
        return model
