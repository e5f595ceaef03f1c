"""boto3 for the emulator, from whatever part of this package: one session, on which this machine has no say.

A developer's profile may be absent or a real account's, their ~/.aws broken, their proxy unable to reach this machine.
"""

import functools
import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from local_cloud.server import ROOT_ACCESS_KEY

_DIRECTLY = Config(proxies={})

_making = threading.Lock()
"""Clients are safe to share between threads, their creation is not."""


@functools.cache
def botocore_session() -> botocore.session.Session:
    """Kept, because a session reads its service models once."""
    no_file, no_profile = (None, None, os.devnull, None), (None, None, None, None)
    return botocore.session.Session({"config_file": no_file, "credentials_file": no_file, "profile": no_profile})


@functools.cache
def _session() -> boto3.Session:
    """One for that one: every boto3 session adds its own hooks, and S3's cannot be added twice."""
    return boto3.Session(botocore_session=botocore_session())


def client(service: str, endpoint: str, region: str, config: Config | None = None) -> Any:
    """A client of the emulator at `endpoint`, as the account's root user."""
    return _client(
        service,
        endpoint,
        region,
        config,
        aws_access_key_id=ROOT_ACCESS_KEY,
        aws_secret_access_key=ROOT_ACCESS_KEY,
    )


def anonymous_client(service: str, endpoint: str, region: str) -> Any:
    """A client that signs nothing and asks once, as a browser or a phone has it."""
    return _client(service, endpoint, region, Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}))


def _client(service: str, endpoint: str, region: str, config: Config | None, **credentials: str) -> Any:
    with _making:
        # Untyped: the stubs know one overload per literal service name, and here the name is a variable.
        make: Any = _session().client
        return make(
            service,
            endpoint_url=endpoint,
            region_name=region,
            config=_DIRECTLY.merge(config) if config else _DIRECTLY,
            **credentials,
        )
