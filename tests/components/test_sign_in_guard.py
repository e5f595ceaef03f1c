"""SignInGuard on the resource graph; what it counts and refuses is tested with its handler."""

from typing import Any

import pytest

from components._checks import ArgumentsError
from components.sign_in_guard import SignInGuard, SignInGuardArgs, WhenUnreachable
from support.component_args import PREFIX, TOPIC
from support.pulumi_harness import UNKNOWN, Resource, Synth, synth

TABLE = "aws:dynamodb/table:Table"
FUNCTION = "aws:lambda/function:Function"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def args(**changes: Any) -> SignInGuardArgs:
    least: SignInGuardArgs = {"name_prefix": PREFIX, "protect_table": False}
    return {**least, **changes}  # type: ignore[typeddict-item]


def built(**changes: Any) -> Synth:
    return synth(lambda: SignInGuard("guard", args(**changes)))


@pytest.fixture(scope="module")
def graph() -> Synth:
    return built()


@pytest.fixture(scope="module")
def alarms() -> dict[str, Resource]:
    full = built(operations={"alarm_topic_arn": TOPIC}, many_locks=25)
    return {alarm.name: alarm for alarm in full.all(ALARM)}


def variables(graph: Synth) -> dict[str, str]:
    found: dict[str, str] = graph.one(FUNCTION).inputs["environment"]["variables"]
    return found


def test_it_is_one_table_and_one_function(graph: Synth) -> None:
    """A11. Both triggers are the same function: the second finds it warm."""
    assert [child.name for child in graph.children("guard")] == ["guard-attempts", "guard-function"]


def test_the_table_is_encrypted_pays_per_request_and_forgets(graph: Synth) -> None:
    """A11."""
    table = graph.one(TABLE).inputs
    assert (table["name"], table["hashKey"]) == ("test-medflow-dynamodb-sign-in-attempts", "account_key")
    assert (table["billingMode"], table["serverSideEncryption"]) == ("PAY_PER_REQUEST", {"enabled": True})
    assert table["ttl"] == {"attributeName": "expires_at", "enabled": True}


@pytest.mark.parametrize("choice", [False, True])
def test_backups_of_the_table_are_an_option(choice: bool) -> None:
    """A11. What it holds is worthless after the longest lock."""
    table = built(point_in_time_recovery=choice).one(TABLE).inputs
    assert table["pointInTimeRecovery"] == {"enabled": choice}


def test_no_backup_is_paid_for_unasked(graph: Synth) -> None:
    """A11. The default of the option before."""
    assert graph.one(TABLE).inputs["pointInTimeRecovery"] == {"enabled": False}


@pytest.mark.parametrize("choice", [False, True])
def test_protection_is_of_the_table_alone_and_on_both_sides(choice: bool) -> None:
    """A11. Protecting the component would protect each of its children."""
    guarded = built(protect_table=choice)
    table = guarded.one(TABLE)
    assert (table.protect, table.inputs["deletionProtectionEnabled"]) == (choice, choice)
    assert [r.name for r in guarded.resources if r.protect] == (["guard-attempts"] if choice else [])


def test_it_may_count_and_forget_in_its_own_table_and_nothing_else(graph: Synth) -> None:
    """A11. Not even read: the counting update answers with what it found."""
    table = graph.one(TABLE).outputs["arn"]
    statements = {s["Sid"]: s for s in graph.policy("guard-function-policy")["Statement"]}
    assert set(statements) == {"CountAttempts", "ForgetAttempts", "WriteOwnLogs"}
    granted = [(statements[s]["Action"], statements[s]["Resource"]) for s in ("CountAttempts", "ForgetAttempts")]
    assert granted == [(["dynamodb:UpdateItem"], [table]), (["dynamodb:DeleteItem"], [table])]


def test_five_failures_lock_for_thirty_minutes_unless_said_otherwise(graph: Synth) -> None:
    """A11."""
    found = variables(graph)
    assert (found["FAILURES_BEFORE_LOCK"], found["WINDOW_SECONDS"], found["LOCK_SECONDS"]) == ("5", "900", "1800")


def test_limit_window_and_lock_are_arguments() -> None:
    """A11."""
    found = variables(built(failures_before_lock=3, window_minutes=60, lock_minutes=1))
    assert (found["FAILURES_BEFORE_LOCK"], found["WINDOW_SECONDS"], found["LOCK_SECONDS"]) == ("3", "3600", "60")


@pytest.mark.parametrize(("sensitive", "case"), [(False, "insensitive"), (True, "sensitive")])
def test_names_are_compared_as_the_pool_compares_them(sensitive: bool, case: str) -> None:
    """A11. Otherwise a lock would tell names that exist from names that do not."""
    assert variables(built(username_case_sensitive=sensitive))["USERNAME_CASE"] == case


@pytest.mark.parametrize("choice", list(WhenUnreachable))
def test_what_an_outage_of_the_table_means_is_a_choice(choice: WhenUnreachable) -> None:
    """A11."""
    assert variables(built(when_unreachable=choice))["WHEN_UNREACHABLE"] == choice.value


def test_an_outage_shuts_no_clinic_out_unless_said_otherwise(graph: Synth) -> None:
    """A11. The default of the choice before; decision 6 says why."""
    assert variables(graph)["WHEN_UNREACHABLE"] == "allow"


def test_the_function_knows_every_variable_it_is_given(graph: Synth) -> None:
    """A11 B4. Neither a name that it misses nor one that nobody reads."""
    from sign_in_guard.env import VARIABLES

    assert set(variables(graph)) == set(VARIABLES)


def test_it_does_not_know_the_pool(graph: Synth) -> None:
    """A11. The pool needs this function's ARN: knowing the pool would be a cycle."""
    assert not [key for key in variables(graph) if "POOL" in key]


def test_it_ends_within_what_cognito_waits(graph: Synth) -> None:
    """A11. Beyond 5 s Cognito asks again, and the attempt counts twice."""
    assert graph.one(FUNCTION).inputs["timeout"] == 5


def test_no_topic_no_alarm(graph: Synth) -> None:
    """A11."""
    assert graph.all(ALARM) == []


def test_many_locks_fire_an_alarm(alarms: dict[str, Resource]) -> None:
    """A11. Of this stack's function alone: others in the account count under the same metric name."""
    alarm = alarms["guard-many-locks-alarm"].inputs
    assert (alarm["namespace"], alarm["metricName"], alarm["statistic"]) == ("MedFlow", "AccountLocked", "Sum")
    assert alarm["dimensions"] == {"service": "sign_in_guard", "function_name": "test-medflow-lambda-sign-in-guard"}
    assert (alarm["threshold"], alarm["period"], alarm["evaluationPeriods"]) == (25, 300, 1)
    assert alarm["comparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_one_attempt_that_is_not_counted_fires_an_alarm(alarms: dict[str, Resource]) -> None:
    """A11. Where an outage lets sign-ins through, somebody is told."""
    alarm = alarms["guard-failed-alarm"].inputs
    assert (alarm["metricName"], alarm["threshold"]) == ("GuardFailed", 1)


def test_refusals_are_no_errors_to_the_alarm(alarms: dict[str, Resource]) -> None:
    """A11 B5. Each refusal is an error of the function, and no reason to wake anyone."""
    queries = {query["id"]: query for query in alarms["guard-errors-alarm"].inputs["metricQueries"]}
    assert queries["unexpected"]["expression"] == "errors - FILL(refused, 0)"
    watched = {key: queries[key]["metric"]["metricName"] for key in ("errors", "refused")}
    assert watched == {"errors": "Errors", "refused": "SignInRefused"}
    assert [key for key, query in queries.items() if query.get("returnData")] == ["unexpected"]


def test_the_function_brings_no_alarm_of_its_own(alarms: dict[str, Resource]) -> None:
    """A11 B5. Its usual alarm on every error would fire at each refusal."""
    assert sorted(alarms) == [
        f"guard-{key}-alarm" for key in ("duration", "errors", "failed", "many-locks", "throttles")
    ]


def test_every_alarm_goes_to_the_topic_and_so_does_its_end(alarms: dict[str, Resource]) -> None:
    """A11 B5."""
    assert {(*a.inputs["alarmActions"], *a.inputs["okActions"]) for a in alarms.values()} == {(TOPIC, TOPIC)}


def test_duration_is_watched_before_cognito_gives_up(alarms: dict[str, Resource]) -> None:
    """A11 B5."""
    alarm = alarms["guard-duration-alarm"].inputs
    assert (alarm["extendedStatistic"], alarm["threshold"]) == ("p99", 4000)


def test_every_problem_is_told_at_once() -> None:
    """A11."""
    with pytest.raises(ArgumentsError) as refused:
        built(name_prefix="Test", failures_before_lock=1, window_minutes=0, lock_minutes=1441, many_locks=0)
    text = str(refused.value)
    assert "SignInGuard 'guard': name_prefix 'Test' must be" in text
    assert "failures_before_lock is 1; it must be 2 to 100 attempts" in text
    assert "window_minutes is 0; it must be 1 to 1440 minutes" in text
    assert "lock_minutes is 1441; it must be 1 to 1440 minutes" in text
    assert "many_locks is 0; it must be 1 or more" in text


def test_its_outputs_are_what_the_pool_and_the_operator_need(graph: Synth) -> None:
    """A11."""
    outputs = graph.component("guard").outputs
    assert outputs["table_name"] == "test-medflow-dynamodb-sign-in-attempts"
    assert (outputs["function_name"], outputs["alias_name"]) == ("test-medflow-lambda-sign-in-guard", "live")
    assert str(outputs["alias_arn"]).endswith(":test-medflow-lambda-sign-in-guard:live")
    assert outputs["role_name"] == "test-medflow-iam-sign-in-guard"


def test_a_preview_asks_for_the_same() -> None:
    """A11. A resource that hangs on a value would come and go between preview and update."""
    full = args(operations={"alarm_topic_arn": TOPIC})
    preview = synth(lambda: SignInGuard("guard", full), preview=True)
    update = synth(lambda: SignInGuard("guard", full))
    assert {r.urn for r in preview.resources} == {r.urn for r in update.resources}
    assert UNKNOWN in preview.component("guard").outputs.values()
