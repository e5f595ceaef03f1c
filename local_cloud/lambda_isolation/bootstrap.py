"""Runs inside a function's own interpreter: imports the handler, calls it once per message, reports what came of it.

Standard library only; this file is started by path, with `-I`, and nothing else of the project can be imported here.
What a function sees follows AWS's Python runtime ("Lambda function handler in Python", "Lambda context object in
Python", "Python function errors", "Log and monitor Python Lambda functions", AWS Lambda Developer Guide).

Messages are JSON, one per line, on a socket that the worker hands down; what the function writes to standard output and
standard error goes into one pipe. After each answer the message's `mark` is written into that pipe: whatever the worker
reads before the mark belongs to this invocation, and nothing has to be waited for.

The worker's end of the socket closes when the worker's process ends, however it ends, and then so does this one.
"""

import importlib
import io
import json
import logging
import os
import queue
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any, "Context"], Any]
Error = dict[str, Any]
"""AWS's error object: errorMessage, errorType, stackTrace and, for an invocation, requestId."""


class Context:
    """The handler's second argument."""

    client_context = None

    def __init__(self, call: dict[str, Any]) -> None:
        self.aws_request_id: str = call["request_id"]
        self.invoked_function_arn: str = call["function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = type("CognitoIdentity", (), {"cognito_identity_id": None, "cognito_identity_pool_id": None})()
        self._deadline: float = call["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.time()) * 1000))


class LambdaFormatter(logging.Formatter):
    """AWS's text and JSON log lines of the standard `logging` module."""

    def __init__(self) -> None:
        super().__init__()
        self.json_lines = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
        self.request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        error = record.exc_info[1] if record.exc_info else None
        if not self.json_lines:
            text = f"[{record.levelname}]\t{moment}.{int(record.msecs):03d}Z\t{self.request_id}\t{record.getMessage()}"
            return f"{text}\n{''.join(traceback.format_exception(error))}" if error else text
        line = {
            "timestamp": f"{moment}Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": self.request_id,
        }
        return json.dumps({**line, **(error_of(error) if error else {})}, default=str)

    def unhandled(self, error: Error) -> str:
        """The line for an error that the handler let through."""
        if self.json_lines:
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            return json.dumps({"timestamp": moment, "log_level": "ERROR", **error})
        trace = "Traceback (most recent call last):\n" + "".join(error["stackTrace"]) if error["stackTrace"] else ""
        return f"[ERROR] {error['errorType']}: {error['errorMessage']}\n{trace}".rstrip()


def error_of(error: BaseException) -> Error:
    """AWS's error object; the stack trace leaves out the runtime's own frames."""
    runtime = (__file__, importlib.__file__, "<frozen importlib")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(runtime)]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_list(frames),
    }


def fault(kind: str, message: str) -> Error:
    """An error of the runtime rather than of the function."""
    return {"errorMessage": message, "errorType": f"Runtime.{kind}", "stackTrace": []}


def load(handler: str) -> tuple[Handler | None, Error]:
    """Import `package.module.function`: the function, or None and why."""
    module_name, _, function_name = handler.rpartition(".")
    if not module_name:
        return None, fault(
            "MalformedHandlerName", f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)"
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        return None, fault("ImportModuleError", f"Unable to import module '{module_name}': {error}")
    except SyntaxError as error:
        return None, fault("UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}")
    except Exception as error:
        return None, error_of(error)
    function: Handler | None = getattr(module, function_name, None)
    if function is None:
        return None, fault("HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    return function, {}


def call_handler(function: Handler, call: dict[str, Any], formatter: LambdaFormatter) -> str:
    """One invocation: the answer for the worker, `{"result": ...}` or `{"error": ...}` as JSON."""
    for name, value in call["environment"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    formatter.request_id = call["request_id"]
    try:
        result = function(call["event"], Context(call))
    except Exception as raised:
        error = error_of(raised)
    else:
        try:
            return f'{{"result": {json.dumps(result, default=as_number)}}}'
        except (TypeError, ValueError) as refused:
            error = fault("MarshalError", f"Unable to marshal response: {refused}")
    print(formatter.unhandled(error))
    return json.dumps({"error": {**error, "requestId": call["request_id"]}})


def as_number(value: Any) -> float:
    """AWS's runtime answers with decimals, which DynamoDB gives, as numbers."""
    if type(value).__name__ == "Decimal":
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def prepare_logging() -> LambdaFormatter:
    formatter = LambdaFormatter()
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.root.addHandler(handler)
    logging.root.setLevel(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "WARNING").replace("TRACE", "DEBUG"))
    return formatter


class Worker:
    """The process that started this one."""

    def __init__(self, channel: socket.socket) -> None:
        self.calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._channel = channel
        self._log = os.dup(2)  # a function may close or redirect its own
        threading.Thread(target=self._receive, daemon=True).start()

    def answer(self, message: str, mark: str) -> None:
        """Send the answer, and mark in the log where the invocation's output ends."""
        sys.stdout.flush()
        sys.stderr.flush()
        self._channel.sendall(message.encode() + b"\n")
        os.write(self._log, mark.encode())

    def _receive(self) -> None:
        """Hand on messages; end the process when nobody sends any more, even in mid-call."""
        for line in self._channel.makefile("rb"):
            self.calls.put(line)
        os._exit(0)


def main() -> None:
    number, handler, *layers = sys.argv[1:]
    worker = Worker(socket.socket(fileno=int(number)))
    # Python sets it for itself where the machine lacks the locale that LANG names.
    os.environ.pop("LC_CTYPE", None)
    sys.argv[:] = [os.environ["LAMBDA_RUNTIME_DIR"] + "/bootstrap.py"]
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], *layers]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    formatter = prepare_logging()

    mark = json.loads(worker.calls.get())["mark"]
    function, failure = load(handler)
    if function is None:
        print(formatter.unhandled(failure))
        worker.answer(json.dumps({"error": {**failure, "requestId": ""}}), mark)
        return
    worker.answer('{"result": null}', mark)
    while True:
        call = json.loads(worker.calls.get())
        worker.answer(call_handler(function, call, formatter), call["mark"])


if __name__ == "__main__":
    main()
