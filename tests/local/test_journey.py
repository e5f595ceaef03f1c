"""The first user's journey through the real program, deployed into the local cloud."""

import pytest

from local_cloud.journey import STEPS, Report
from medflow.local.session import Deployed

pytest_plugins = ("local.deployed",)


@pytest.mark.parametrize("name", [step.name for step in STEPS])
def test_the_journey_holds(report: Report, name: str) -> None:
    """H1 H2. Each step by its name, so that a failure says what the platform no longer does."""
    [step] = [step for step in report.steps if step.name == name]
    assert step.ok, step.detail


def test_no_detail_of_the_journey_holds_a_secret(report: Report, deployed: Deployed) -> None:
    """H1 G5. The details are printed, and kept in a file that CI publishes."""
    told = "\n".join(step.detail for step in report.steps)
    user = report.traveller
    secrets = [user.password, *(getattr(user.tokens, kind) for kind in ("access", "id", "refresh"))]
    secrets.append(deployed.connection.output("backend_client_secret"))
    assert [secret for secret in secrets if secret in told] == []


def test_a_confirmed_user_is_a_row_within_seconds(report: Report) -> None:
    """C1 C3. Measured with cold functions on a machine that may be busy; the bench measures the rest."""
    assert report.traveller.confirm_to_row_seconds is not None
    assert report.traveller.confirm_to_row_seconds < 10
