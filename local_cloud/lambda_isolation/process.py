"""A function's process: one message in, one answer out, and exactly the output that belongs to it."""

import contextlib
import json
import os
import secrets
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")

LIVENESS_SECONDS = 0.1
"""How often a silent process is checked for being alive, for the case that a process it started keeps its pipe open."""

LAST_OUTPUT_SECONDS = 0.5
"""How long the output of a process that ended is waited for in the same case."""


class NoAnswerError(Exception):
    """The process did not answer. `log` is what it wrote, without the line of a later answer."""

    def __init__(self, log: str) -> None:
        super().__init__(type(self).__doc__)
        self.log = log


class ProcessEndedError(NoAnswerError):
    """The process ended before it answered."""


class OverdueError(NoAnswerError):
    """The time ran out before the process answered."""


class FunctionProcess:
    """An interpreter with the bootstrap in it. Leads a process group and is ended with all that it started.

    `poll`, `terminate`, `kill` and `wait` are those of `subprocess.Popen`: MiniStack ends its workers by them.
    """

    def __init__(
        self, python: Path, handler: str, layers: Sequence[Path], environment: Mapping[str, str], directory: Path
    ) -> None:
        self._channel, theirs = socket.socketpair()
        reading, written = os.pipe()
        os.set_blocking(reading, False)
        self._output = open(reading, "rb", buffering=0)  # noqa: PTH123, SIM115 - a descriptor, closed with the process
        self._answers = b""
        self._log = b""
        try:
            self._process = subprocess.Popen(
                # -I: no PYTHON* variables, no user site, no script directory on the path.
                [
                    *(str(python), "-I", "-X", "utf8", str(BOOTSTRAP)),
                    *(str(theirs.fileno()), handler, *(str(layer) for layer in layers)),
                ],
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except OSError:
            self.close()
            raise
        finally:
            theirs.close()
            os.close(written)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    def exchange(self, message: Mapping[str, Any], seconds: float) -> tuple[dict[str, Any], str]:
        """Send one message and wait for its answer: (answer, what was written up to it).

        Raises ProcessEndedError or OverdueError; the process is of no use after either.
        """
        mark = f"\0{secrets.token_hex(8)}\0"
        deadline = time.monotonic() + seconds
        self._channel.settimeout(seconds)
        try:
            self._channel.sendall(json.dumps({**message, "mark": mark}).encode() + b"\n")
        except TimeoutError:
            raise OverdueError(self._take_log()) from None
        except OSError:
            raise self._ended() from None
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            while b"\n" not in self._answers or mark.encode() not in self._log:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise OverdueError(self._take_log())
                ready = selector.select(min(remaining, LIVENESS_SECONDS))
                readable = [key.fileobj for key, _ in ready]
                if self._output in readable:
                    self._read_output()
                if self._channel in readable:
                    received = self._channel.recv(1 << 20)
                    self._answers += received
                    if not received:
                        raise self._ended()
                elif not ready and self._process.poll() is not None:
                    raise self._ended()
        line, _, self._answers = self._answers.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer, self._take_log(mark)

    def poll(self) -> int | None:
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        return self._process.wait(timeout)

    def kill(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    terminate = kill
    """AWS ends an environment without asking a function that registered no extension."""

    def close(self) -> None:
        """Let go of the process's descriptors. If it still runs it ends, for it has nobody to answer."""
        self._channel.close()
        self._output.close()

    def _read_output(self) -> bool:
        """Take what the pipe holds. False at its end."""
        received = self._output.read(1 << 16)
        self._log += received or b""
        return received != b""

    def _take_log(self, mark: str = "") -> str:
        """The output up to a mark, or all of it; what follows the mark stays for the next answer."""
        text, _, rest = self._log.partition(mark.encode()) if mark else (self._log, b"", b"")
        self._log = rest
        return text.decode(errors="replace")

    def _ended(self) -> ProcessEndedError:
        deadline = time.monotonic() + LAST_OUTPUT_SECONDS
        self._process.wait()
        while self._read_output() and time.monotonic() < deadline:
            time.sleep(0.001)
        return ProcessEndedError(self._take_log())
