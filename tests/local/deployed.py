"""The real program deployed into a local cloud of its own, once for the whole session.

A test module that wants it says `pytest_plugins = ("local.deployed",)`; importing the fixtures instead would deploy
once per module.

- `deployed`: cloud, deployment and `Connection`.
- `report`: the first user's journey through it.
- `traveller`: that user, confirmed, with a row, in a clinic, signed in. Belongs to all tests: do not change it.
- `newcomer`: `newcomer()` is another such user, not yet signed up.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from local_cloud.journey import Report, travel
from local_cloud.journey.traveller import Traveller
from medflow.local.narrator import Narrator
from medflow.local.session import Deployed, deployed_cloud, redrive_all


@pytest.fixture(scope="session")
def deployed(local_directory: Path) -> Iterator[Deployed]:
    """Built, started and deployed as `medflow local smoke` does it, without its output."""
    with deployed_cloud(local_directory / "deployed", None, Narrator(Console(file=io.StringIO()))) as running:
        yield running


@pytest.fixture(scope="session")
def report(deployed: Deployed) -> Report:
    return travel(deployed.connection, redrive_all)


@pytest.fixture(scope="session")
def traveller(report: Report) -> Traveller:
    assert report.traveller.tokens.access, [f"{step.name}: {step.detail}" for step in report.steps if not step.ok]
    return report.traveller


@pytest.fixture
def newcomer(deployed: Deployed) -> Callable[[], Traveller]:
    return lambda: Traveller.new(deployed.connection, redrive_all)
