"""The operator's command line: `medflow build`, `medflow local up|smoke`, `medflow redrive`, `medflow unlock`.

Every command imports what it needs when it runs: `medflow --help` must not wait for boto3.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup
from typer.exceptions import TyperException

from medflow import local
from medflow.errors import OperatorError

if TYPE_CHECKING:
    from medflow.build import BuiltPackage

ROOT = Path(__file__).resolve().parents[1]

PACKAGES = Path("build/lambdas")
"""Where the program looks for the built packages, from the checkout."""

SHOWN_DIGITS = 16
"""Of a digest; enough to tell two builds apart by eye."""


class ClearErrors(TyperGroup):
    """A command group whose errors are one line with the cause and the fix. `--debug` shows where they came from."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, TyperException):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            Console(stderr=True, highlight=False).print(
                Text.assemble(("error: ", "bold red"), explained(error)), soft_wrap=True
            )
            raise typer.Exit(1) from None


def explained(error: Exception) -> str:
    """The line that the operator reads. What nobody raised on purpose is said to be that."""
    if isinstance(error, OperatorError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"the Python package {error.name} is missing; run `make install`"
    return f"unexpected {type(error).__name__}: {error}; `medflow --debug ...` shows where it comes from"


app = typer.Typer(
    cls=ClearErrors,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Operate the MedFlow identity platform.",
)
app.add_typer(local.app, name="local")


@app.callback()
def main(
    debug: Annotated[
        bool, typer.Option("--debug", envvar="MEDFLOW_DEBUG", help="Show the traceback of an error.")
    ] = False,
) -> None:
    """Operate the MedFlow identity platform."""


@app.command("build")
def _build(
    check: Annotated[bool, typer.Option("--check", help="Build twice from nothing; fail if they differ.")] = False,
) -> None:
    """Build the Lambda packages that the program deploys, and show what they are."""
    from medflow import build as builder

    console = Console(highlight=False)
    try:
        with console.status("building the Lambda packages"):
            packages = _built_twice() if check else builder.build(ROOT, ROOT / PACKAGES)
    except builder.BuildError as error:
        raise OperatorError(str(error)) from error
    table = Table(box=None)
    for heading, justify in (("package", "left"), ("size", "right"), ("sha256", "left"), ("", "left")):
        table.add_column(heading, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for package in packages:
        note = "equal in two builds" if check else "unchanged" if package.cached else "built"
        table.add_row(package.package, f"{package.size / 1024:,.0f} KiB", package.sha256[:SHOWN_DIGITS], note)
    console.print(table)


def _built_twice() -> "list[BuiltPackage]":
    """Two builds in folders of their own, so that neither finds what the other, or an earlier one, made."""
    from medflow import build as builder

    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        builds = [builder.build(ROOT, Path(folder)) for folder in (first, second)]
    differing = [one.package for one, other in zip(*builds, strict=True) if one.sha256 != other.sha256]
    if differing:
        raise OperatorError(f"two builds of {', '.join(differing)} differ; look for times, orders or paths in the zip")
    return builds[0]


NO_REGION = "Set AWS_DEFAULT_REGION, or AWS_PROFILE to one that has a region"


@app.command("redrive")
def _redrive(
    stack: Annotated[str, typer.Option(help="Stack whose sign-ups to redrive.")] = "local",
    project: Annotated[str, typer.Option(help="Project name in the names of the stack's resources.")] = "medflow",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the dead letters and move none.")] = False,
    directory: local.Directory = local.DEFAULT_DIRECTORY,
) -> None:
    """Send the sign-up queue's dead letters back to it, once the cause is settled.

    The local stack is found by its connection file, any other by its queues' names in the AWS account and region of
    your credentials.
    """
    import boto3
    from botocore.exceptions import BotoCoreError
    from rich.progress import Progress

    from medflow import redrive as command
    from medflow.local import state

    if stack == "local":
        running = state.connect(directory)
        sqs = running.client("sqs")
        queues = command.Queues(running.output("signup_queue_url"), running.output("signup_dead_letter_queue_url"))
    else:
        try:
            sqs = boto3.client("sqs")
        except BotoCoreError as error:
            raise OperatorError(f"{error} {NO_REGION}") from error
        queues = command.queues_of_stack(sqs, stack, project)
    console = Console(highlight=False)
    waiting = command.backlog(sqs, queues)
    if dry_run or not waiting:
        console.print(
            f"{waiting} dead letters of the sign-ups of stack {stack}" + (" would be moved" if waiting else "")
        )
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("redriving", total=waiting)
        result = command.redrive(
            sqs, queues, lambda now: progress.update(task, completed=now.moved, total=now.total or None)
        )
    console.print(f"{result.moved} of {result.total} dead letters moved back to the sign-up queue of stack {stack}")


@app.command("unlock")
def _unlock(
    email: Annotated[str, typer.Argument(help="E-mail address of the user.", show_default=False)],
    stack: Annotated[str, typer.Option(help="Stack that the user belongs to.")] = "local",
    project: Annotated[str, typer.Option(help="Project name in the names of the stack's resources.")] = "medflow",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is counted and change nothing.")] = False,
    directory: local.Directory = local.DEFAULT_DIRECTORY,
) -> None:
    """Let a user sign in again who failed too often, before the lock ends by itself.

    The local stack is found by its connection file, any other by the names of its pool and table in the AWS account and
    region of your credentials.
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    from medflow import unlock as command
    from medflow.local import state

    if stack == "local":
        running = state.connect(directory)
        place = command.Place(running.output("user_pool_id"), running.output("sign_in_attempts_table"))
        cognito, dynamodb = running.client("cognito-idp"), running.client("dynamodb")
    else:
        try:
            cognito, dynamodb = boto3.client("cognito-idp"), boto3.client("dynamodb")
        except BotoCoreError as error:
            raise OperatorError(f"{error} {NO_REGION}") from error
        place = command.place_of_stack(cognito, stack, project)
    key = command.key_of(cognito, place, email)
    counted = (command.look if dry_run else command.unlock)(dynamodb, place, key)
    if counted is None:
        text = "nothing is counted: the guard holds this user up in no way; Cognito's own pause ends within 15 minutes"
    else:
        text = f"{counted}; {'nothing was changed' if dry_run else 'forgotten: the next attempt is the first again'}"
    Console(highlight=False).print(f"{email} in stack {stack}: {text}", soft_wrap=True, markup=False)
