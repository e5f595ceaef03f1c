"""How a user pool calls a trigger function: permission, version, attempts, time limit, shape of the answer."""

import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from local.cognito_pool import TriggerPool, create_trigger_pool, permit, recorder, refused_sign_in
from local.lambda_functions import create_function, zip_of
from local_cloud.cloud import ROOT

DENIED = {
    "Code": "UnexpectedLambdaException",
    "Message": "PreAuthentication invocation failed due to error AccessDeniedException.",
}


@pytest.fixture
def make_pool(cloud: Any, make_function: Any) -> Callable[..., TriggerPool]:
    def make(statement: str = "pass", **options: Any) -> TriggerPool:
        answers = {"PreAuthentication": statement}
        pool = create_trigger_pool(cloud, make_function, answers, triggers=["PreAuthentication"], **options)
        pool.add_user()
        return pool

    return make


def test_a_pool_without_permission_cannot_call_its_function(make_pool: Any) -> None:
    """H1 B1. "Customizing user pool workflows with Lambda triggers": the function's resource policy."""
    pool = make_pool(permission=False)
    assert refused_sign_in(pool) == DENIED
    assert pool.sources() == []


def test_a_permission_for_another_pool_is_none(make_pool: Any) -> None:
    """H1 B1. "Lambda resource-based policy": the condition on the pool's ARN."""
    pool = make_pool(permission=False)
    permit(pool, source_arn=f"{pool.arn}x")
    assert refused_sign_in(pool) == DENIED


def test_a_permission_for_the_function_does_not_cover_its_alias(make_pool: Any) -> None:
    """H1 B1. "Using resource-based policies for Lambda": each qualifier has a policy of its own."""
    pool = make_pool(permission=False)
    permit(pool, qualifier="")
    assert refused_sign_in(pool) == DENIED


def test_a_deleted_function_denies_access(cloud: Any) -> None:
    """H1. "How do I troubleshoot Lambda trigger errors in Amazon Cognito", AWS re:Post."""
    pool = create_trigger_pool(cloud, partial(create_function, cloud), triggers=["PreAuthentication"])
    pool.add_user()
    pool.function.delete()
    assert refused_sign_in(pool) == DENIED


def test_an_alias_runs_the_version_it_points_to_under_its_own_name(make_pool: Any) -> None:
    """H1. "Lambda function aliases", AWS Lambda Developer Guide: later code runs once the alias points to it."""
    pool = make_pool()
    functions, name = pool.cloud.client("lambda"), pool.function.name
    functions.update_function_code(FunctionName=name, ZipFile=zip_of({"handler.py": recorder({}, version=2)}))
    functions.publish_version(FunctionName=name)
    pool.sign_in()
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    pool.sign_in()
    assert [(run.version, run.arn) for run in pool.runs()] == [(1, pool.function_arn), (2, pool.function_arn)]


@pytest.mark.parametrize(
    "statement",
    [
        "return None",
        "return 'fine'",
        "return {}",
        "return {'response': {}}",
        "del event['callerContext']",
        "event['response'] = None",
    ],
)
def test_an_answer_that_is_not_the_event_is_refused(make_pool: Any, statement: str) -> None:
    """H1. "Customizing user pool workflows with Lambda triggers": the function returns the same event object."""
    assert refused_sign_in(make_pool(statement)) == {
        "Code": "InvalidLambdaResponseException",
        "Message": "Unrecognizable lambda output",
    }


def test_a_raised_error_is_an_answer_and_not_tried_again(make_pool: Any) -> None:
    """H1. "Customizing user pool workflows with Lambda triggers": only a missing answer is."""
    pool = make_pool("raise Exception('no')")
    assert refused_sign_in(pool)["Message"] == "PreAuthentication failed with error no."
    assert len(pool.runs()) == 1


def test_a_function_that_runs_out_of_its_own_time_is_tried_three_times(make_pool: Any) -> None:
    """H1. "Customizing user pool workflows with Lambda triggers": three attempts."""
    pool = make_pool("time.sleep(3)", timeout=1)
    found = refused_sign_in(pool)
    assert found["Code"] == "UserLambdaValidationException"
    assert "Task timed out after 1.00 seconds" in found["Message"]
    assert len(pool.runs()) == 3


def test_a_function_whose_process_ends_is_tried_three_times(make_pool: Any) -> None:
    """H1. "Customizing user pool workflows with Lambda triggers": three attempts."""
    pool = make_pool("os._exit(7)")
    found = refused_sign_in(pool)
    assert found["Code"] == "UserLambdaValidationException"
    assert "Runtime exited with error: exit status 7" in found["Message"]
    assert len(pool.runs()) == 3


def test_an_attempt_that_succeeds_after_a_lost_one_counts(make_pool: Any) -> None:
    """H1. "Customizing user pool workflows with Lambda triggers": it retries the call."""
    once = (
        "mark = f'/tmp/{event[\"userPoolId\"]}'; "
        "os.remove(mark) if os.path.exists(mark) else (open(mark, 'x').close(), os._exit(7))"
    )
    pool = make_pool(once)
    assert "AccessToken" in pool.sign_in()
    assert len(pool.runs()) == 2


def test_a_function_has_five_seconds_and_three_attempts_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """H1. "Customizing user pool workflows with Lambda triggers". In this process, with a fraction of the limit."""
    from local_cloud.cognito_triggers import events, invocation
    from local_cloud.cognito_triggers.calls import CallRefusedError

    never, attempts = threading.Event(), []

    def hang(record: dict[str, Any], _event: dict[str, Any]) -> None:
        attempts.append(record)
        never.wait(10)

    assert (invocation.ANSWER_SECONDS, invocation.ATTEMPTS) == (5.0, 3)
    monkeypatch.setattr(invocation, "ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(invocation, "may_invoke", lambda *_: True)
    monkeypatch.setattr(invocation, "_record", lambda _: {})
    monkeypatch.setattr("ministack.services.lambda_svc._execute_function_with_config_scope", hang)
    pool = {"Id": "us-east-1_x", "Arn": "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_x"}
    event = events.event(pool, "PostAuthentication_Authentication", "u", "c", {}, {})
    with pytest.raises(CallRefusedError) as error:
        invocation.answer("PostAuthentication", "arn", event, pool)
    never.set()
    assert error.value.code == "UnexpectedLambdaException"
    assert str(error.value) == (
        "PostAuthentication invocation failed due to error Socket timeout while invoking Lambda function."
    )
    assert len(attempts) == 3


@pytest.mark.parametrize("order", ["cognito_rules cognito_triggers", "cognito_triggers cognito_rules"])
def test_installing_again_or_in_another_order_changes_nothing(order: str) -> None:
    """H1. In a process of its own, whose emulator the other tests do not share."""
    script = f"""
from importlib import import_module
from ministack.services import cognito
additions = [import_module("local_cloud." + name) for name in {order.split()!r}]
for addition in additions:
    addition.install()
before = dict(vars(cognito))
for addition in additions:
    addition.install()
changed = [name for name, value in vars(cognito).items() if before.get(name) is not value]
print("changed:", changed, "installed:", cognito._sign_up.__module__, cognito._run_idp_handler.__module__)
"""
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == [
        *("changed:", "[]"),
        *("installed:", "local_cloud.cognito_rules", "local_cloud.cognito_triggers.hooks"),
    ]
