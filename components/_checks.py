"""How a component refuses its arguments: every problem at once, naming the component and the key."""

import re
from collections.abc import Iterable, Sequence

_ACCOUNT_ARN = re.compile(r"arn:aws[a-z-]*:([a-z0-9-]+):([a-z0-9-]*):(\d{12}|):(.+)")


class ArgumentsError(ValueError):
    """A component was given arguments that AWS, or this project's safety rules, would refuse."""


def refuse(component: str, name: str, problems: Iterable[str]) -> None:
    """Raise ArgumentsError with all problems in one text; do nothing when there is none."""
    found = list(problems)
    if found:
        raise ArgumentsError(f"{component} {name!r}: " + "; ".join(found))


def between(key: str, value: int | float, low: int | float, high: int | float, unit: str = "") -> list[str]:
    """A problem when `value` lies outside `low` to `high`, both included."""
    if low <= value <= high:
        return []
    return [f"{key} is {value}; it must be {low} to {high}{' ' + unit if unit else ''}"]


def one_of(key: str, value: str, allowed: Sequence[str]) -> list[str]:
    """A problem when `value` is none of `allowed`."""
    return [] if value in allowed else [f"{key} is {value!r}; it must be one of {', '.join(allowed)}"]


def arn_of(key: str, value: str, service: str, region: str | None = None) -> list[str]:
    """A problem when `value` is not an ARN of `service` (in `region`, when one is demanded)."""
    match = _ACCOUNT_ARN.fullmatch(value)
    if match is None or match[1] != service:
        return [f"{key} {value!r} is not an ARN of {service}"]
    if region is not None and match[2] != region:
        return [f"{key} is in {match[2] or 'no region'}; it must be in {region}"]
    return []


def redirect_urls(key: str, urls: Sequence[str]) -> list[str]:
    """Problems of callback and logout URLs: https, or http on localhost ("App clients", Cognito Developer Guide)."""
    return [
        f"{key} {url!r} must start with https:// (http:// only for localhost)"
        for url in urls
        if not re.match(r"https://[^\s#]+$|http://(localhost|127\.0\.0\.1)(:\d+)?(/[^\s#]*)?$", url)
    ]
