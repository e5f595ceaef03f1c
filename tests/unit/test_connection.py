"""The connection file: what a reader may rely on, and what it is told when it cannot."""

import json
import stat
from pathlib import Path

import pytest

from local_cloud import connection
from local_cloud.connection import Connection, ConnectionFileError

CONNECTION = Connection(
    endpoint="http://127.0.0.1:4566",
    region="us-east-1",
    api_url="http://127.0.0.1:4566/_aws/execute-api/a1",
    postgres_dsn="postgresql://medflow@/medflow?host=/tmp/pg",
    outputs={"api_id": "a1", "backend_client_secret": "not-a-real-secret"},
)


def write_document(directory: Path, document: object) -> None:
    (directory / connection.FILE_NAME).write_text(json.dumps(document))


def document() -> dict[str, object]:
    return {
        "endpoint": "http://127.0.0.1:1",
        "region": "us-east-1",
        "api_url": "http://127.0.0.1:1/_aws/execute-api/a",
        "postgres_dsn": "postgresql://",
        "outputs": {},
    }


def test_what_was_written_is_read_back_equal(tmp_path: Path) -> None:
    """H1. Consumers get exactly what the deployment exported."""
    connection.write(CONNECTION, tmp_path)
    assert connection.read(tmp_path) == CONNECTION


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    """H1. The outputs hold the back end's client secret."""
    path = connection.write(CONNECTION, tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_keys_are_those_consumers_were_promised(tmp_path: Path) -> None:
    """H1. The examples read the file as plain JSON."""
    path = connection.write(CONNECTION, tmp_path)
    assert set(json.loads(path.read_text())) == {"endpoint", "region", "api_url", "postgres_dsn", "outputs"}


def test_a_failed_write_leaves_the_earlier_file_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    """H1. A reader never sees half a file."""
    connection.write(CONNECTION, tmp_path)
    unwritable = Connection("e", "r", "a", "p", outputs={"handle": object()})
    with pytest.raises(TypeError):
        connection.write(unwritable, tmp_path)
    assert (connection.read(tmp_path), [path.name for path in tmp_path.iterdir()]) == (CONNECTION, ["outputs.json"])


def test_an_absent_file_names_the_command_that_makes_one(tmp_path: Path) -> None:
    """H1. The most common mistake: nothing is running."""
    with pytest.raises(ConnectionFileError, match=r"no local cloud: .*outputs.json does not exist.*make up"):
        connection.read(tmp_path)


def test_a_broken_file_is_named_with_its_repair(tmp_path: Path) -> None:
    """H1. A truncated file is not a traceback."""
    (tmp_path / connection.FILE_NAME).write_text('{"endpoint": "http')
    with pytest.raises(ConnectionFileError, match=r"outputs.json is not JSON .*`make up`"):
        connection.read(tmp_path)


def test_a_file_that_holds_no_object_is_refused(tmp_path: Path) -> None:
    """H1. JSON alone is not enough."""
    write_document(tmp_path, ["endpoint"])
    with pytest.raises(ConnectionFileError, match="holds list, not an object"):
        connection.read(tmp_path)


def test_every_problem_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    """H1. One reading, one repair."""
    wrong = document() | {"region": 7, "colour": "blue"}
    del wrong["endpoint"]
    write_document(tmp_path, wrong)
    with pytest.raises(ConnectionFileError, match="endpoint is missing; region is not str; colour is unknown"):
        connection.read(tmp_path)


def test_the_address_of_the_api_is_the_emulators_own() -> None:
    """H1. The stack's own api_url names a host that does not resolve on every machine."""
    made = Connection.of_deployment(
        endpoint="http://127.0.0.1:9", postgres_dsn="p", outputs={"api_id": "a1", "region": "us-east-1"}
    )
    assert made.api_url == "http://127.0.0.1:9/_aws/execute-api/a1"


def test_the_region_is_the_stacks() -> None:
    """H1. Clients of another one would find nothing of what was deployed."""
    made = Connection.of_deployment(
        endpoint="http://127.0.0.1:9", postgres_dsn="p", outputs={"api_id": "a1", "region": "eu-west-3"}
    )
    assert (made.region, made.client("sqs").meta.region_name) == ("eu-west-3", "eu-west-3")


@pytest.mark.parametrize("outputs", [{}, {"api_id": ""}, {"api_id": None}])
def test_an_output_the_stack_lacks_is_named(outputs: dict[str, object]) -> None:
    """H1 E1. A wrong export is found by its name, not by a KeyError in a later step."""
    with pytest.raises(ConnectionFileError, match="exports no text 'api_id'"):
        Connection.of_deployment(endpoint="e", postgres_dsn="p", outputs={"region": "r", **outputs})


def test_printing_a_connection_shows_no_secret() -> None:
    """H1. It ends up in assertion messages."""
    assert "not-a-real-secret" not in repr(CONNECTION)


def test_the_machines_aws_configuration_has_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """H1. A profile that does not exist would be an error, one that does might reach a real account."""
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "absent"))
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://aws.invalid")
    client = CONNECTION.client("sqs")
    assert (client.meta.endpoint_url, client.meta.region_name) == (CONNECTION.endpoint, CONNECTION.region)


def test_removing_says_whether_there_was_a_file(tmp_path: Path) -> None:
    """H1. The repair of a killed run reports only what it did."""
    connection.write(CONNECTION, tmp_path)
    assert [connection.remove(tmp_path), connection.remove(tmp_path)] == [True, False]
