"""Lambda functions of the local cloud: what they can see, what they may do, what they report, how many run."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from local.lambda_functions import Function, zip_of
from local.processes import wait_until
from local_cloud.cloud import LAMBDA_PYTHON, LocalCloud
from local_cloud.lambda_isolation.pool import Limits

MakeFunction = Callable[..., Function]

ENVIRONMENT = "import os\ndef lambda_handler(event, context): return dict(os.environ)"
COUNTER = """
calls = 0
def lambda_handler(event, context):
    global calls
    calls += 1
    if event == "fail":
        raise ValueError("no such clinic")
    return calls
"""
SLEEPER = "import time\ndef lambda_handler(event, context):\n    time.sleep(event)\n    return event"


# --- what a function sees


@pytest.mark.parametrize("module", ["ministack", "psycopg", "pytest", "pulumi", "local_cloud", "bootstrap"])
def test_a_function_cannot_import_what_aws_does_not_have(make_function: MakeFunction, module: str) -> None:
    """H1. A handler that leans on the developer's packages must fail here, not in production."""
    outcome = make_function(f"import {module}\ndef lambda_handler(event, context): pass").invoke()
    assert outcome.payload["errorMessage"] == f"Unable to import module 'handler': No module named '{module}'"


def test_python_runtimes_run_in_the_lambda_interpreter_and_have_boto3(make_function: MakeFunction) -> None:
    """H1. The interpreter of .venv-lambda stands in for python3.13."""
    source = "import sys, boto3\ndef lambda_handler(event, context): return sys.prefix"
    assert make_function(source, runtime="python3.13").invoke().payload == str(LAMBDA_PYTHON.parent.parent)


def test_the_environment_holds_the_variables_of_aws_and_of_the_function_and_nothing_else(
    make_function: MakeFunction, cloud: LocalCloud
) -> None:
    """H1. HOME and TMPDIR keep the developer's home and temporary directory out of reach."""
    function = make_function(ENVIRONMENT, environment={"EVENT_BUS_NAME": "identity"})
    found = function.invoke().payload
    assert found["EVENT_BUS_NAME"] == "identity"
    assert found["AWS_ENDPOINT_URL"] == cloud.endpoint
    assert set(found) - {"EVENT_BUS_NAME"} == {
        *("PATH", "LANG", "TZ", "HOME", "TMPDIR", "AWS_ENDPOINT_URL"),
        *("_HANDLER", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_INITIALIZATION_TYPE"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        *("AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    }


def test_home_and_temporary_files_are_the_environments_own(make_function: MakeFunction, cloud: LocalCloud) -> None:
    """H1. boto3 reads ~/.aws: a developer's profile must not decide what a function does."""
    source = "import tempfile, os\ndef lambda_handler(e, c): return [os.path.expanduser('~'), tempfile.gettempdir()]"
    for place in make_function(source).invoke().payload:
        assert Path(place).parent == cloud.directory / "tmp" / "lambda"


def test_a_function_cannot_set_reserved_variables(make_function: MakeFunction) -> None:
    """H1. AWS refuses such a configuration; here it has no effect."""
    function = make_function(ENVIRONMENT, environment={"AWS_REGION": "mars-north-1", "AWS_ACCESS_KEY_ID": "test"})
    found = function.invoke().payload
    assert found["AWS_REGION"] == "us-east-1"
    assert found["AWS_ACCESS_KEY_ID"].startswith("ASIA")


def test_python_variables_of_the_function_do_not_open_the_interpreter(make_function: MakeFunction) -> None:
    """H1. PYTHONPATH would be a way around the isolation that nobody sees in a review."""
    outside = str(Path(pytest.__file__).parent.parent)
    source = "import pytest\ndef lambda_handler(event, context): pass"
    assert make_function(source, environment={"PYTHONPATH": outside}).invoke().failed


def test_the_context_is_that_of_the_invocation(make_function: MakeFunction) -> None:
    """H1. Field names and types of "Lambda context object in Python"; Powertools reads them."""
    source = """
def lambda_handler(event, context):
    return [context.function_name, context.function_version, context.memory_limit_in_mb, context.invoked_function_arn,
            context.log_group_name, len(context.aws_request_id), context.get_remaining_time_in_millis()]
"""
    function = make_function(source, MemorySize=256, timeout=7)
    *fields, remaining = function.invoke().payload
    assert fields == [function.name, "$LATEST", "256", function.arn + ":$LATEST", f"/aws/lambda/{function.name}", 36]
    assert 5000 < remaining <= 7000


def test_a_layer_can_be_imported(make_function: MakeFunction, client: Callable[[str], Any], unique: Any) -> None:
    """H1. From `python/` of the layer's package."""
    layer = client("lambda").publish_layer_version(
        LayerName=unique("layer"), Content={"ZipFile": zip_of({"python/clinic.py": "NAME = 'Hill'"})}
    )
    source = "import clinic\ndef lambda_handler(event, context): return clinic.NAME"
    assert make_function(source, Layers=[layer["LayerVersionArn"]]).invoke().payload == "Hill"


def test_new_code_replaces_the_running_environment(make_function: MakeFunction, client: Callable[[str], Any]) -> None:
    """H1. A deployment that leaves the old process answering would test yesterday's code."""
    function = make_function("def lambda_handler(event, context): return 1")
    function.invoke()
    package = zip_of({"handler.py": "def lambda_handler(event, context): return 2"})
    client("lambda").update_function_code(FunctionName=function.name, ZipFile=package)
    assert function.invoke().payload == 2


def test_large_events_results_and_logs_pass(make_function: MakeFunction) -> None:
    """H1. More than a pipe's buffer in every direction at once: neither side may wait for the other."""
    source = "def lambda_handler(event, context):\n    print('x' * 1_000_000)\n    return event"
    event = {"text": "y" * 3_000_000}
    assert make_function(source).invoke(event).payload == event


# --- what a function may do


def test_a_function_acts_as_its_own_role(make_function: MakeFunction) -> None:
    """H1. Session of the role, named after the function, as on AWS."""
    source = "import boto3\ndef lambda_handler(event, context): return boto3.client('sts').get_caller_identity()['Arn']"
    function = make_function(source)
    arn = f"arn:aws:sts::000000000000:assumed-role/{function.role_name}/{function.name}"
    assert function.invoke().payload == arn


def test_a_call_is_denied_until_the_role_grants_it(
    make_function: MakeFunction, client: Callable[[str], Any], unique: Any
) -> None:
    """H1. A missing statement must fail locally, or the policy is only tested in production."""
    url = client("sqs").create_queue(QueueName=unique("queue"))["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    source = """
import boto3
def lambda_handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event, MessageBody="hello")
"""
    function = make_function(source)
    denied = function.invoke(url)
    assert "AccessDenied" in denied.payload["errorMessage"]
    function.allow({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn})
    assert not function.invoke(url).failed


# --- what a function reports


def test_an_exception_is_reported_with_type_message_and_stack(make_function: MakeFunction) -> None:
    """H1. "Python function errors": the emulator itself would say Runtime.HandlerError for everything."""
    outcome = make_function(COUNTER).invoke("fail")
    assert outcome.failed
    assert (outcome.payload["errorType"], outcome.payload["errorMessage"]) == ("ValueError", "no such clinic")
    [frame] = outcome.payload["stackTrace"]
    assert 'raise ValueError("no such clinic")' in frame
    assert outcome.log[0] == "[ERROR] ValueError: no such clinic"


def test_an_environment_survives_an_exception(make_function: MakeFunction) -> None:
    """H1. Module state outlives a failed invocation on AWS: clients and caches are not rebuilt."""
    function = make_function(COUNTER)
    assert [function.invoke(event).payload for event in (None, "fail", None)][::2] == [1, 3]


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("import clinics", "Runtime.ImportModuleError", "Unable to import module 'handler': No module named 'clinics'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'lambda_handler' missing on module 'handler'"),
        ("def f(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'handler': "),
        ("raise KeyError('BUS')", "KeyError", "'BUS'"),
        ("def lambda_handler(e, c): return {1}", "Runtime.MarshalError", "Unable to marshal response: "),
        (
            "def lambda_handler(e, c): raise SystemExit(3)",
            "Runtime.ExitError",
            "Runtime exited with error: exit status 3",
        ),
    ],
)
def test_failures_outside_the_handlers_logic_have_the_names_of_aws(
    make_function: MakeFunction, source: str, error_type: str, message: str
) -> None:
    """H1. And every invocation fails the same way, not only the first."""
    function = make_function(source)
    for outcome in (function.invoke(), function.invoke()):
        assert outcome.payload["errorType"] == error_type
        assert message in outcome.payload["errorMessage"]


def test_a_timeout_ends_the_function_and_what_it_started(
    make_function: MakeFunction, unique: Callable[[str], str]
) -> None:
    """H1. A process that outlives its function would keep the queue message it works on."""
    source = """
import subprocess, sys, time
def lambda_handler(event, context):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", event])
    print("working")
    time.sleep(60)
"""
    left_over = unique("left-over")
    outcome = make_function(source, timeout=1).invoke(left_over)
    assert outcome.payload["errorType"] == "Sandbox.Timedout"
    assert outcome.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert outcome.log[0] == "working"
    # Killed with the function, but nobody here waits for it: the operating system takes it away in its own time.
    wait_until(lambda: left_over not in str([each.info["cmdline"] for each in psutil.process_iter(["cmdline"])]))


@pytest.mark.parametrize(
    ("log_format", "expected"), [("Text", "[INFO]\t"), ("JSON", '"level": "INFO", "message": "checked in"')]
)
def test_standard_logging_writes_the_configured_format(
    make_function: MakeFunction, log_format: str, expected: str
) -> None:
    """H1. Metric filters and alarms read these lines."""
    source = """
import logging
logging.getLogger().setLevel("INFO")
def lambda_handler(event, context): logging.info("checked in")
"""
    [line] = make_function(source, LoggingConfig={"LogFormat": log_format}).invoke().log
    assert expected in line
    assert "checked in" in line


# --- whose output is it


def test_output_is_attributed_to_the_invocation_that_wrote_it(make_function: MakeFunction) -> None:
    """H1. Whatever way it was written: print, logging, a raw descriptor without newline, a child process."""
    source = """
import logging, os, subprocess, sys
def lambda_handler(event, context):
    print(f"{event} print")
    logging.warning(f"{event} logging")
    subprocess.run(["echo", f"{event} child"])
    print(f"{event} error", file=sys.stderr)
    os.write(1, f"{event} raw".encode())
"""
    function = make_function(source)
    for number in range(20):
        log = function.invoke(number).log
        words = [line.split("\t")[-1] for line in log]
        assert words == [f"{number} {way}" for way in ("print", "logging", "child", "error", "raw")]


def test_output_after_the_answer_belongs_to_the_next_invocation(make_function: MakeFunction, tmp_path: Path) -> None:
    """H1. On AWS the environment freezes with the answer and thaws with the next invocation."""
    source = """
import pathlib, threading, time
def late(directory):
    while not (directory / "answered").exists(): time.sleep(0.01)
    print("late")
    (directory / "printed").touch()
def lambda_handler(event, context):
    print(event["name"])
    if event["name"] == "first":
        threading.Thread(target=late, args=(pathlib.Path(event["directory"]),)).start()
"""
    function = make_function(source)
    assert function.invoke({"name": "first", "directory": str(tmp_path)}).log == ["first"]
    (tmp_path / "answered").touch()
    deadline = time.monotonic() + 30
    while not (tmp_path / "printed").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert function.invoke({"name": "second"}).log == ["late", "second"]


def test_concurrent_invocations_do_not_mix_their_output(make_function: MakeFunction) -> None:
    """H1. Each environment has a pipe of its own."""
    source = "def lambda_handler(event, context):\n    for i in range(50): print(event, i)"
    function = make_function(source)
    with ThreadPoolExecutor(8) as threads:
        for number, outcome in enumerate(threads.map(function.invoke, range(24))):
            assert outcome.log == [f"{number} {line}" for line in range(50)]


def test_a_silent_invocation_takes_no_longer_than_one_that_prints(make_function: MakeFunction) -> None:
    """H1. The emulator itself waits 50 ms for output that might still come. Side by side: the machine may be busy."""
    function = make_function("def lambda_handler(event, context):\n    if event: print(event)")
    seconds: dict[str, list[float]] = {"": [], "printed": []}
    for event in ["", "printed"] * 25:
        started = time.perf_counter()
        function.invoke(event)
        seconds[event].append(time.perf_counter() - started)
    assert min(seconds[""]) < min(seconds["printed"]) + 0.025


# --- how many run


def test_a_burst_waits_for_a_bounded_number_of_environments(make_function: MakeFunction, cloud: LocalCloud) -> None:
    """H1. Unbounded, sixty requests leave forty processes and more than a gigabyte behind."""
    function = make_function(SLEEPER, timeout=30)
    with ThreadPoolExecutor(30) as threads:
        outcomes = list(threads.map(function.invoke, [0.1] * 30))
    assert [outcome.payload for outcome in outcomes] == [0.1] * 30
    assert 2 <= len(_environments(cloud, function)) <= Limits().per_function


def test_all_functions_together_stay_below_the_ceiling(make_function: MakeFunction, cloud: LocalCloud) -> None:
    """H1. More functions at once than may run: those above wait, and an idle environment of another one makes room."""
    functions = [make_function(SLEEPER, timeout=30) for _ in range(4)]
    calls = [function for function in functions for _ in range(6)]
    with ThreadPoolExecutor(len(calls)) as threads:
        outcomes = list(threads.map(lambda function: function.invoke(2).payload, calls))
    assert outcomes == [2] * len(calls)
    assert len(calls) > Limits().total
    running = [process for process in _descendants(cloud) if "bootstrap.py" in str(process.cmdline())]
    assert len(running) <= Limits().total


def _descendants(cloud: LocalCloud) -> list[psutil.Process]:
    return [process for process in psutil.Process(cloud.pid).children(recursive=True) if process.status() != "zombie"]


def _environments(cloud: LocalCloud, function: Function) -> list[psutil.Process]:
    name = {"AWS_LAMBDA_FUNCTION_NAME": function.name}
    return [process for process in _descendants(cloud) if name.items() <= process.environ().items()]
