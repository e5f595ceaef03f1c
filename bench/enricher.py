"""Token enricher: start and warm call against a bare interpreter, Powertools, boto3 and Node."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.measure import Finding, medians

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv-lambda/bin/python"
VENDORED = ROOT / "build/lambdas/signup_publisher.zip"
"""Any zip with Powertools in it."""

START_ROUNDS, WARM_CALLS = 15, 5_000

ENVIRONMENT = {
    "ROLES": json.dumps(
        [
            {"name": "admin", "scopes": ["profile.read", "staff.read", "staff.write", "clinic.manage"]},
            {"name": "doctor", "scopes": ["profile.read", "staff.read", "patients.read", "records.read"]},
        ]
    ),
    "RESOURCE_SERVER": "medflow",
    "TENANTLESS_USERS": "refuse",
    "PRIVILEGED_SCOPES": '["records.write"]',
    "AWS_REGION": "eu-west-3",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
}
EVENT = {
    "version": "2",
    "triggerSource": "TokenGeneration_Authentication",
    "region": "eu-west-3",
    "userPoolId": "eu-west-3_Bench",
    "userName": "0c2d5d2e-6f0e-4d57-9a9e-6f6f2a2b9f10",
    "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "client"},
    "request": {
        "userAttributes": {
            "sub": "0c2d5d2e-6f0e-4d57-9a9e-6f6f2a2b9f10",
            "email": "bench@example.com",
            "custom:clinic_id": "8d5a7f0e-94a1-4a35-8c55-3b9f6f0f7b11",
            "custom:preferred_language": "fr",
        },
        "groupConfiguration": {"groupsToOverride": ["doctor"], "iamRolesToOverride": [], "preferredRole": None},
        "scopes": ["aws.cognito.signin.user.admin"],
    },
    "response": {},
}
WARM = """
import copy, io, json, sys, time
from {module} import lambda_handler
class Context:
    aws_request_id = function_name = memory_limit_in_mb = invoked_function_arn = "bench"
    def get_remaining_time_in_millis(self): return 5000
event, context, out = json.loads(sys.argv[1]), Context(), sys.stdout
sys.stdout = io.StringIO()
lambda_handler(copy.deepcopy(event), context)
began = time.perf_counter()
for _ in range({calls}):
    lambda_handler(copy.deepcopy(event), context)
out.write(str((time.perf_counter() - began) / {calls}))
"""


def findings() -> Iterator[Finding]:
    """Ratios of process start to first answer, and of a warm call."""
    started = medians(
        {
            "bare": lambda: _python("import json"),
            "own": lambda: _python("import token_enricher.handler"),
            "powertools": lambda: _python("import powertools_enricher"),
            "boto3": lambda: _python("import boto3_enricher"),
            "node": _node,
        },
        START_ROUNDS,
    )
    own = started["own"]
    yield Finding("enricher start / bare interpreter with json", own / started["bare"], "x", "<= 2")
    yield Finding("boto3-importing handler start / enricher start", started["boto3"] / own, "x", ">= 5")
    yield Finding("Powertools handler start / enricher start", started["powertools"] / own, "x")
    yield Finding("Node handler start / enricher start", started["node"] / own, "x")
    yield Finding("enricher start", own * 1000, "ms")

    warm: dict[str, Callable[[], float]] = {
        "own": _warm_python("token_enricher.handler"),
        "powertools": _warm_python("powertools_enricher"),
        "boto3": _warm_python("boto3_enricher"),
        "node": lambda: float(_node(str(WARM_CALLS))),
    }
    seconds = {name: min(run() for _ in range(3)) for name, run in warm.items()}
    yield Finding("Powertools warm call / enricher warm call", seconds["powertools"] / seconds["own"], "x")
    yield Finding("boto3-importing warm call / enricher warm call", seconds["boto3"] / seconds["own"], "x")
    yield Finding("Node warm call / enricher warm call", seconds["node"] / seconds["own"], "x")
    yield Finding("enricher warm call", seconds["own"] * 1e6, "µs")


def _warm_python(module: str) -> Callable[[], float]:
    return lambda: float(_python(WARM.format(module=module, calls=WARM_CALLS)))


def _python(program: str) -> str:
    path = os.pathsep.join(map(str, (ROOT / "lambdas", ROOT / "bench/peers", VENDORED)))
    command = [str(PYTHON), "-s", "-c", program, json.dumps(EVENT)]
    return _output(command, {**ENVIRONMENT, "PYTHONPATH": path})


def _node(*arguments: str) -> str:
    return _output(["node", str(ROOT / "bench/peers/enricher.mjs"), json.dumps(EVENT), *arguments], ENVIRONMENT)


def _output(command: list[str], environment: dict[str, str]) -> str:
    # Bytecode is cached, as in a Lambda's image of the second start on; PATH is where node is.
    environment = {**environment, "PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
