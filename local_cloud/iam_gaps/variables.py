"""Policy variables: `${aws:PrincipalTag/tenant}` in a resource or condition stands for a value of the request.

Facts from "IAM policy elements: Variables and tags" (IAM User Guide): a statement whose variable has no value does not
match, unless the variable names a default; `${*}`, `${?}` and `${$}` are the characters themselves; documents of
version 2008-10-17 have no variables. Keys with several values cannot stand in a variable.
"""

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator

DOCUMENT_VERSION = "2012-10-17"
"""The first with variables; a document that names no version has the older one."""

STAR, QUESTION_MARK, DOLLAR = "\ue000", "\ue001", "\ue002"
"""Stand for the characters themselves where a pattern would take them for wildcards or for a variable's beginning."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULT = re.compile(r"\s*'(.*)'\s*")
_PATTERN_CHARACTERS = {"*": ".*", "?": ".", STAR: r"\*", QUESTION_MARK: r"\?", DOLLAR: r"\$"}

ValueOf = Callable[[str], Any]


class WithoutValueError(Exception):
    """A variable has neither value nor default: its statement does not match."""


def expand(text: str, value_of: ValueOf, *, pattern: bool) -> str:
    """`text` with its variables replaced. In a `pattern` the values' own wildcards are no wildcards."""

    def value(match: re.Match[str]) -> str:
        name, _, default = match[1].partition(",")
        if name in ("*", "?", "$"):
            return _literal(name) if pattern else name
        found = value_of(name.strip())
        if found is None or isinstance(found, list):
            given = _DEFAULT.fullmatch(default)
            if given is None:
                raise WithoutValueError(name)
            found = given[1]
        return _literal(str(found)) if pattern else str(found)

    return _VARIABLE.sub(value, text)


def _literal(value: str) -> str:
    return value.replace("*", STAR).replace("?", QUESTION_MARK)


def install() -> None:
    """Let the emulator's evaluator know variables."""
    iam_evaluator.parse_policy_document = _parse_policy_document
    iam_evaluator._fnmatch_compile = _compile
    iam_evaluator._first_match = _first_match
    iam_evaluator._conditions_met = _conditions_met


_original_parse = iam_evaluator.parse_policy_document
_original_compile = iam_evaluator._fnmatch_compile
_original_first_match = iam_evaluator._first_match
_original_conditions_met = iam_evaluator._conditions_met


def _parse_policy_document(doc: Any) -> Any:
    """Hides the dollars of a document without variables. The emulator itself passes statements without version."""
    try:
        document = json.loads(doc) if isinstance(doc, str) else doc
    except ValueError:
        return _original_parse(doc)
    if isinstance(document, dict) and document.get("Version") != DOCUMENT_VERSION and set(document) != {"Statement"}:
        document = json.loads(json.dumps(document).replace("${", f"{DOLLAR}{{"))
    return _original_parse(document)


def _compile(pattern: str, ignore_case: bool) -> Any:
    if not {STAR, QUESTION_MARK, DOLLAR} & set(pattern):
        return _original_compile(pattern, ignore_case)
    regex = "".join(_PATTERN_CHARACTERS.get(character) or re.escape(character) for character in pattern)
    return re.compile(f"^{regex}$", re.IGNORECASE if ignore_case else 0)


def _first_match(ctx: Any, stmts: list[Any], effect: str) -> Any:
    usable = []
    for statement in stmts:
        try:
            usable.append(_with_values(statement, ctx))
        except WithoutValueError:
            continue
    return _original_first_match(ctx, usable, effect)


def _with_values(statement: Any, ctx: Any) -> Any:
    if not any("${" in resource for resource in (*statement.resources, *statement.not_resources)):
        return statement
    value_of = _values(ctx)
    return dataclasses.replace(
        statement,
        resources=[expand(resource, value_of, pattern=True) for resource in statement.resources],
        not_resources=[expand(resource, value_of, pattern=True) for resource in statement.not_resources],
    )


def _conditions_met(conditions: Any, ctx: Any) -> bool:
    """Variables stand in text and ARN conditions alone."""
    try:
        expanded = {operator: _expanded(operator, keys, ctx) for operator, keys in (conditions or {}).items()}
    except WithoutValueError:
        return False
    return bool(_original_conditions_met(expanded, ctx))


def _expanded(operator: str, keys: Any, ctx: Any) -> Any:
    kind = operator.lower().rsplit(":", 1)[-1]
    if not isinstance(keys, dict) or not kind.startswith(("string", "arn")):
        return keys
    value_of, pattern = _values(ctx), "like" in kind or kind.startswith("arn")
    texts = {key: value if isinstance(value, list) else [str(value)] for key, value in keys.items()}
    return {key: [expand(str(text), value_of, pattern=pattern) for text in values] for key, values in texts.items()}


def _values(ctx: Any) -> ValueOf:
    return lambda key: iam_evaluator._resolve_condition_key(key, ctx)
