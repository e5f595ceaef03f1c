"""The pure helpers of the components."""

import pytest

from components._checks import ArgumentsError, arn_of, between, redirect_urls, refuse
from components._names import Kind, physical_name


@pytest.mark.parametrize(
    ("kind", "resource", "name"),
    [
        (Kind.USER_POOL, "user-pool", "dev-medflow-cognito-user-pool"),
        (Kind.LAMBDA_FUNCTION, "token-enricher", "dev-medflow-lambda-token-enricher"),
        (Kind.QUEUE, "signups", "dev-medflow-sqs-signups"),
    ],
)
def test_names_follow_the_scheme(kind: Kind, resource: str, name: str) -> None:
    """A16."""
    assert physical_name("dev-medflow", kind, resource) == name


@pytest.mark.parametrize("kind", list(Kind))
def test_a_name_that_aws_would_refuse_for_its_length_is_refused_here(kind: Kind) -> None:
    """A16."""
    room = kind.longest - len(f"dev-medflow-{kind.service}-")
    assert len(physical_name("dev-medflow", kind, "r" * room)) == kind.longest
    with pytest.raises(ValueError, match=f"at most {kind.longest}: shorten the stack or project name"):
        physical_name("dev-medflow", kind, "r" * (room + 1))


@pytest.mark.parametrize("prefix", ["Dev-medflow", "dev_medflow", "dev-", "-dev", "dev--medflow", ""])
def test_a_prefix_that_is_no_words_is_refused(prefix: str) -> None:
    """A16."""
    with pytest.raises(ValueError, match=r"name_prefix .* must be lower-case"):
        physical_name(prefix, Kind.QUEUE, "signups")


def test_problems_are_raised_together_with_component_and_name() -> None:
    with pytest.raises(ArgumentsError, match=r"^Thing 'it': a is wrong; b is wrong$"):
        refuse("Thing", "it", ["a is wrong", "b is wrong"])


def test_no_problem_raises_nothing() -> None:
    refuse("Thing", "it", [])


@pytest.mark.parametrize("value", [1, 5])
def test_bounds_are_included(value: int) -> None:
    assert between("key", value, 1, 5) == []


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://app.medflow.com/in", True),
        ("http://localhost:5173/", True),
        ("http://127.0.0.1/", True),
        ("http://localhost.evil.com/", False),
        ("http://app.medflow.com/", False),
        ("https://app.medflow.com/#fragment", False),
        ("javascript:alert(1)", False),
    ],
)
def test_where_codes_may_be_sent(url: str, taken: bool) -> None:
    """A5. A look-alike of localhost would receive the code over plain http."""
    assert (redirect_urls("key", [url]) == []) is taken


@pytest.mark.parametrize("arn", ["arn:aws:acm:eu-west-3:123456789012:certificate/1", "certificate", "arn:aws:s3:::b"])
def test_an_arn_of_another_service_or_region_is_a_problem(arn: str) -> None:
    assert len(arn_of("key", arn, "acm", region="us-east-1")) == 1
