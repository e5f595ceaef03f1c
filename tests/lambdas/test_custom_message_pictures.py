"""The pictures in the docs show the messages of today. `UPDATE_PICTURES=1` in the environment takes them anew."""

import json
import os

import pytest

from lambdas.custom_message_samples import MANIFEST, PICTURES, manifest, samples, take_pictures


@pytest.fixture(scope="module", autouse=True)
def _taken() -> None:
    if os.environ.get("UPDATE_PICTURES") == "1":
        take_pictures()


def test_no_picture_shows_a_message_of_yesterday() -> None:
    """A12. Whoever changes a text takes the pictures anew and looks at them, the Arabic ones above all."""
    assert json.loads(MANIFEST.read_text(encoding="utf-8")) == manifest()


def test_there_is_no_picture_of_a_message_that_is_gone() -> None:
    """A12."""
    assert {path.name for path in PICTURES.glob("*.png")} == set(samples())


@pytest.mark.parametrize("name", samples())
def test_a_picture_is_a_small_png(name: str) -> None:
    """A12. They are cloned by everybody."""
    content = (PICTURES / name).read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(content) < 60_000
