"""Fixtures of the tests that run against the real local cloud. They share one cloud; do not run them with pytest-xdist.

- `cloud`: a running `LocalCloud`. It lives for the whole session, so name what you create uniquely (`unique`).
- `client`: `client("sqs")` is a boto3 client of it as root.
- `make_function`: `make_function("def lambda_handler(event, context): ...", statements=[...])` creates a Lambda
  function with a role of its own and deletes it after the test. See `local.lambda_functions.create_function`.
- `unique`: `unique("queue")` is a name nobody else uses.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.lambda_functions import Function, create_function
from local_cloud.cloud import ROOT, LocalCloud


@pytest.fixture(scope="session")
def local_directory() -> Iterator[Path]:
    """A directory under .local/ for the clouds of this session; gone afterwards."""
    directory = ROOT / ".local" / f"test-{uuid.uuid4().hex[:8]}"
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def cloud(local_directory: Path) -> Iterator[LocalCloud]:
    """One running cloud for all tests of the session, on a free port."""
    with LocalCloud.start(local_directory / "shared") as running:
        yield running


@pytest.fixture(scope="session")
def client(cloud: LocalCloud) -> Callable[[str], Any]:
    """boto3 clients of the cloud as the account's root user: `client("sqs")`."""
    return cloud.client


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Names that no other test uses: `unique("queue")` -> `queue-3f2a9c01`."""
    return lambda stem: f"{stem}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def make_function(cloud: LocalCloud) -> Iterator[Callable[..., Function]]:
    """Create Lambda functions that are deleted after the test. Arguments as `create_function` without the cloud."""
    made: list[Function] = []

    def make(*arguments: Any, **options: Any) -> Function:
        made.append(create_function(cloud, *arguments, **options))
        return made[-1]

    yield make
    for function in made:
        function.delete()
