"""Whether one attribute's value is possible: no AWS, no log, no user but the one who states it.

Digits and letters are those of ASCII wherever a machine reads the value: `str.isdigit` takes Arabic digits, too, and a
number that only looks right would be found by nobody.
"""

import json
import re

LANGUAGES = frozenset(("ar", "fr", "en"))

MAX_TEXT = 255
"""Characters of a name or another text: what `user.registered` carries and a column holds."""
MAX_EMAIL = 254
"""RFC 5321, errata 1690."""
MAX_LICENSE = 64
MAX_SPECIALTIES, MAX_SPECIALTY = 20, 64
MAX_VALUE = 2048
"""Of any value ("AttributeType", user pools API reference)."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_NPI = re.compile(r"[12][0-9]{9}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63})"
)
"""No quoted local part, and ASCII alone: Amazon SES sends to no other ("Email format", SES Developer Guide)."""

UNPRINTABLE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters
    "\u061c\u200e\u200f"  # marks of direction: Arabic letters bring their own, so a name needs none
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates: they make a name read as another
    "\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\uffff"  # separators and what nobody sees
    "\ud800-\udfff"  # halves of a character, which no encoder takes
    "\U000e0000-\U000e007f"  # tags: text within the text
    "]"
)
"""The joiners U+200C and U+200D stay: they shape letters of the Arabic script."""


def is_text(value: str, longest: int = MAX_TEXT) -> bool:
    return len(value) <= longest and not value.isspace() and not UNPRINTABLE.search(value)


def is_uuid(value: str) -> bool:
    return bool(_UUID.fullmatch(value))


def is_language(value: str) -> bool:
    return value in LANGUAGES


def is_phone_number(value: str) -> bool:
    """E.164: a plus, the country's code, 15 digits at most."""
    return bool(_PHONE.fullmatch(value))


def is_npi(value: str) -> bool:
    """Ten digits of which the first is 1 or 2 and the last proves the others, behind the prefix 80840 of the health
    industry in the United States ("Requirements for National Provider Identifier (NPI) and NPI Check Digit", CMS)."""
    return bool(_NPI.fullmatch(value)) and _luhn_sum(f"80840{value}") % 10 == 0


def is_specialties(value: str) -> bool:
    """A JSON array of texts, few and short ones."""
    if len(value) > MAX_VALUE:
        return False
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(found, list)
        and len(found) <= MAX_SPECIALTIES
        and all(isinstance(item, str) and item and is_text(item, MAX_SPECIALTY) for item in found)
    )


def email_domain(value: str) -> str:
    """The domain of an e-mail address in lower case; empty for a text that is no address."""
    found = _EMAIL.fullmatch(value) if len(value) <= MAX_EMAIL else None
    local = value.partition("@")[0]
    if found is None or local.startswith(".") or local.endswith(".") or ".." in local:
        return ""
    return found[1].lower()


def within(domain: str, denied: frozenset[str]) -> bool:
    """Whether a domain, or one above it, is among those that are denied."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in denied for start in range(len(labels)))


def _luhn_sum(digits: str) -> int:
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return sum(map(int, digits[::-2])) + sum(value - 9 if value > 9 else value for value in doubled)
