"""boto3 clients for the emulator, one per service and region."""

import threading
from typing import Any

from botocore.config import Config
from botocore.model import OperationModel

from local_cloud import aws

_CONFIG = Config(
    retries={"total_max_attempts": 1},
    read_timeout=905,
    max_pool_connections=32,
    s3={"addressing_style": "path"},
)
"""One attempt only: the emulator is local, and a second InvokeFunction would run a migration twice. The read timeout
is just over the longest a Lambda function may run (900 s)."""


class Clients:
    """Clients on one emulator endpoint. Safe to use from several threads."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, region: str) -> Any:
        key = (service, region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = aws.client(service, self.endpoint, region, _CONFIG)
            return self._clients[key]

    def operation(self, service: str, region: str, name: str) -> OperationModel:
        """botocore's model of an operation. Raises botocore's OperationNotFoundError."""
        model: OperationModel = self.get(service, region).meta.service_model.operation_model(name)
        return model
