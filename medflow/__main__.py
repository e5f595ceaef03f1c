"""`python -m medflow` is the same as `medflow`."""

from medflow.cli import app

app()
