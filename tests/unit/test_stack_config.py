"""The configuration that the harness gives a program: the deployer's reading, without a key for its secrets."""

from pathlib import Path

from support.stack_config import DUMMY_SECRET, stack_config


def test_an_encrypted_value_becomes_a_dummy_that_stays_secret(tmp_path: Path) -> None:
    """F1. Also inside of a table."""
    (tmp_path / "Pulumi.yaml").write_text("name: clinic\nconfig: {a: {type: string, secret: true}}\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {clinic:a: {secure: v1:x}, clinic:b: {c: [{secure: v1:y}]}}\n")
    project = stack_config(tmp_path, "prod", {})
    assert project.config == {"clinic:a": DUMMY_SECRET, "clinic:b": f'{{"c": ["{DUMMY_SECRET}"]}}'}
    assert project.secret_keys == {"clinic:a", "clinic:b"}
