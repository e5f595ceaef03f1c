"""Whatever an event holds: a message that Cognito takes, or the event as it came, and never an error."""

import contextlib
import io
import json
import sys
from collections.abc import Callable
from copy import deepcopy
from types import ModuleType, SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custom_message.messages import SOURCES, problems

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
languages = st.sampled_from(["ar", "fr", "en", "ar-TN", "AR_tn", "de", ""])
attributes = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text() | st.sampled_from(["{####}", "{username}", "$code", "\u202eevil", "<b>"]) | json_values,
        "custom:preferred_language": languages | json_values,
        "email": st.emails(),
    },
)
requests = st.fixed_dictionaries(
    {"userAttributes": attributes | json_values},
    optional={
        "codeParameter": st.just("{####}") | json_values,
        "usernameParameter": st.just("{username}") | json_values,
        "clientMetadata": st.dictionaries(st.sampled_from(["locale", "page"]), languages | json_values) | json_values,
    },
)
sources = st.sampled_from([f"CustomMessage_{source}" for source in SOURCES])
events = st.fixed_dictionaries(
    {"triggerSource": sources | json_values, "response": st.just({"emailMessage": None})},
    optional={"request": requests | json_values},
)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=events | json_values)
def test_any_event_is_answered_acceptably_or_comes_back_as_it_was(
    handler: Callable[..., ModuleType], event: Any
) -> None:
    """A12 I1. A user whose name breaks a template would otherwise never get a code."""
    module = sys.modules.get("custom_message.handler") or handler(
        "custom_message", DEFAULT_LANGUAGE="fr", APPLICATION_URL=""
    )
    before, output = deepcopy(event), io.StringIO()
    with contextlib.redirect_stdout(output):
        answer = module.lambda_handler(event, SimpleNamespace(aws_request_id="r"))
    first = json.loads(output.getvalue().splitlines()[0])
    if first["message"] == "message not written":
        assert answer == before
    else:
        assert problems(answer["response"], [before["request"]["codeParameter"]]) == []
        assert answer | {"response": None} == before | {"response": None}
