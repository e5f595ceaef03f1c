"""`python -m local_cloud.deploy --stack local --endpoint URL [--config key=value]... [--program DIR]`

Prints JSON lines: `{"event": "resource", "type", "name", "seconds", "emulated"}` per resource, and at the end
`{"event": "done", "outputs", "resources", "seconds", "not_emulated"}` or
`{"event": "error", "message", "resource": {"type", "name"} or null}` with exit code 1. Whatever the program prints goes
to standard error. `--request-stdin` reads `{"endpoint", "config"}` as JSON once Pulumi is imported: a caller can start
this process before the emulator, and values that must not show up in the process list stay out of it.
"""

import argparse
import gc
import json
import logging
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, TextIO

from local_cloud.deploy.errors import ConfigurationError, ResourceError, ValueTypeError


class EventStream:
    """The process's real standard output; everything else written there is sent to standard error instead."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file: TextIO = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
        sys.stdout.flush()
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def write(self, event: str, **fields: Any) -> None:
        with self._lock:
            self._file.write(json.dumps({"event": event, **fields}) + "\n")
            self._file.flush()


def main(arguments: list[str]) -> int:
    """Exit code: 0 deployed, 1 failed with an error event, 2 wrong command line."""
    options = _parse(arguments)
    events = EventStream()
    for name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_CONFIG"))]:
        del os.environ[name]  # neither the user's account nor their Pulumi settings have a say in a local deployment
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    gc.disable()  # going through the SDK's many classes again and again costs a third of this short process's time
    try:
        result = _deploy(options, events)
    except ResourceError as error:
        traceback.print_exc(file=sys.stderr)
        events.write("error", message=str(error), resource={"type": error.type, "name": error.name})
        return 1
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        events.write("error", message=_message(error), resource=None)
        return 1
    events.write("done", **result)
    return 0


def _deploy(options: argparse.Namespace, events: EventStream) -> dict[str, Any]:
    from local_cloud.deploy.project import load_project

    if options.request_stdin:
        import local_cloud.deploy.runner  # noqa: F401 (imports Pulumi, which takes longest, before the request comes)
    endpoint, overrides = _request(options)
    try:
        project = load_project(options.program.resolve(), options.stack, overrides)
    except ValueTypeError as error:
        raise _with_words_of_the_program(error, options.stack, endpoint) from error
    from local_cloud.deploy.runner import run

    result = run(
        project,
        options.stack,
        endpoint,
        lambda made: events.write(
            "resource", type=made.type, name=made.name, seconds=round(made.seconds, 4), emulated=made.emulated
        ),
    )
    return {
        "outputs": dict(sorted(result.outputs.items())),
        "resources": result.resources,
        "seconds": round(result.seconds, 3),
        "not_emulated": result.not_emulated,
    }


def _with_words_of_the_program(error: ValueTypeError, stack: str, endpoint: str) -> ConfigurationError:
    """All problems at once: the program's settings may mind values whose type is right."""
    from local_cloud.deploy.runner import ProgramError, ask

    try:
        ask(error.project, stack, endpoint)
    except ProgramError as words:
        return error.joined(str(words))
    return error


def _message(error: Exception) -> str:
    known = isinstance(error, ConfigurationError) or type(error).__name__ == "ProgramError"
    return str(error) if known else f"{type(error).__name__}: {error}"


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_cloud.deploy")
    parser.add_argument("--stack", default="local")
    parser.add_argument("--endpoint", help="URL of the emulator")
    parser.add_argument("--config", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--request-stdin", action="store_true", help="read endpoint and configuration as JSON")
    parser.add_argument("--program", type=Path, default=Path.cwd(), metavar="DIR", help="holds Pulumi.yaml")
    options = parser.parse_args(arguments)
    if not (options.endpoint or options.request_stdin):
        parser.error("give --endpoint URL, or --request-stdin")
    for pair in options.config:
        if "=" not in pair:
            parser.error(f"--config {pair}: give KEY=VALUE")
    return options


def _request(options: argparse.Namespace) -> tuple[str, dict[str, str]]:
    """Where to deploy, and what overrides the stack file."""
    endpoint, pairs = options.endpoint, dict(pair.split("=", 1) for pair in options.config)
    if options.request_stdin:
        request = json.load(sys.stdin)
        endpoint = request["endpoint"]
        pairs |= {str(key): str(value) for key, value in request["config"].items()}
    return endpoint, pairs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
