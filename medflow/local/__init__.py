"""`medflow local`: the whole platform on this machine, to look at (`up`) or to check (`smoke`).

Only the command line is here; what it takes (boto3, PostgreSQL's client, the journey) is imported by the commands.
"""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DIRECTORY = Path(__file__).resolve().parents[2] / ".local"

INTERRUPTED = 130
"""Exit code after Ctrl-C before the work was done (128 + SIGINT)."""

# The commands are private: a public name would hide the module of the same name behind this package's attribute.
app = typer.Typer(no_args_is_help=True, help="The whole platform on this machine.")

Port = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, help="Port on 127.0.0.1.", show_default="a free one")
]
Directory = Annotated[
    Path,
    typer.Option(
        "--directory",
        envvar="MEDFLOW_LOCAL_DIRECTORY",
        help="Where run-time files go.",
        file_okay=False,
        resolve_path=True,
        show_default=".local of the checkout",
    ),
]


@app.command("up")
def _up(port: Port = None, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Start the platform here, send the first user through it, stay until Ctrl-C."""
    from medflow.local import up as command
    from medflow.local.narrator import Narrator

    if not command.up(directory, port, Narrator()):
        raise typer.Exit(INTERRUPTED)


@app.command("token")
def _token(
    user: Annotated[str, typer.Option("--user", help="E-mail address; the password is read from standard input.")] = "",
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Print an access token of the first user, or of another, for the running local cloud's API."""
    from medflow.local import token as command
    from medflow.local.sample_user import SampleUser

    given = None
    if user:
        hidden = sys.stdin.isatty()
        given = SampleUser(user, getpass.getpass() if hidden else sys.stdin.readline().rstrip("\n"))
    typer.echo(command.token(directory, given))


@app.command("smoke")
def _smoke(port: Port = None, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Send a user through the platform; exit code 0 if every step held, 1 if not.

    Uses the cloud that `medflow local up` runs, else starts its own and stops it afterwards.
    """
    from medflow.local import smoke as command
    from medflow.local.narrator import Narrator

    try:
        command.smoke(directory, port, Narrator())
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
