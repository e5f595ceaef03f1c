"""The first user's journey through a deployed local cloud, over the real wire and through clients nobody here wrote.

Every step is a small function on a `Traveller` that returns what it saw, without secrets, or raises. A step that fails
does not hide later ones: those that need it are reported as not run, the others run.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from local_cloud.connection import Connection
from local_cloud.journey import boundaries, pipeline, sign_in, sign_up
from local_cloud.journey.traveller import Redrive, Traveller
from local_cloud.journey.wire import JourneyError

Act = Callable[[Traveller], str]


@dataclass(frozen=True, slots=True)
class Step:
    """One claim about the platform. `needs` are the acts without whose success this one means nothing."""

    name: str
    act: Act
    needs: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of a step. `detail` is what it saw, or why it failed or was not run."""

    name: str
    seconds: float
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """A whole journey. `traveller` holds the user it made, for those who want to go on from there."""

    steps: list[StepResult]
    traveller: Traveller

    @property
    def ok(self) -> bool:
        return all(step.ok for step in self.steps)


STEPS: tuple[Step, ...] = (
    Step("the health route answers without a token", sign_up.ask_health),
    Step("a visitor signs up through the web client", sign_up.register),
    Step("a code arrives by e-mail", sign_up.receive_code, (sign_up.register,)),
    Step("the mail is in the visitor's language", sign_up.read_mail, (sign_up.receive_code,)),
    Step("a sign-up with a false provider number is refused by name", sign_up.refuse_false_identifier),
    Step("a sign-up cannot choose its clinic or role", sign_up.refuse_chosen_clinic),
    Step("an administrator assigns clinic and role", sign_up.assign_clinic, (sign_up.register,)),
    Step("a wrong code is refused", sign_up.refuse_wrong_code, (sign_up.receive_code,)),
    Step("the mailed code confirms the user", sign_up.confirm, (sign_up.receive_code, sign_up.assign_clinic)),
    Step("the user lands as a row in PostgreSQL", sign_up.find_row, (sign_up.confirm,)),
    Step("the user signs in by SRP", sign_in.sign_in, (sign_up.confirm,)),
    Step("both tokens carry clinic, role and scopes", sign_in.check_tokens, (sign_in.sign_in,)),
    Step("the API answers the token", sign_in.call_api, (sign_in.sign_in,)),
    Step("no token is refused", boundaries.refuse_no_token),
    Step("a damaged token is refused", boundaries.refuse_damaged_token, (sign_in.sign_in,)),
    Step("a role without the scope is refused", boundaries.refuse_poor_role),
    Step("five wrong passwords lock an account", boundaries.lock_after_failures),
    Step("another clinic's users are refused", boundaries.refuse_other_clinic, (sign_in.sign_in,)),
    Step("the own clinic's users are listed", boundaries.list_own_clinic, (sign_in.sign_in, sign_up.find_row)),
    Step("an ID token is refused where a scope is needed", boundaries.refuse_id_token, (sign_in.sign_in,)),
    Step("a token of another pool is refused", boundaries.refuse_other_pool),
    Step("a refreshed token keeps the clinic", sign_in.refresh, (sign_in.sign_in,)),
    Step("the user cannot change the own clinic", sign_in.refuse_own_clinic_change, (sign_in.sign_in,)),
    Step("the same event again changes nothing", pipeline.replay_event, (sign_up.find_row,)),
    Step("a replay of the archive restores a lost row", pipeline.restore_row, (sign_up.find_row,)),
    Step("a poison event is dead-lettered with its reason", pipeline.dead_letter_poison),
    Step("a conflicting event is dead-lettered with its reason", pipeline.dead_letter_conflict),
    Step("a redrive lands the settled conflict", pipeline.redrive_conflict, (pipeline.dead_letter_conflict,)),
)


def travel(
    connection: Connection,
    redrive: Redrive,
    *,
    on_start: Callable[[Step], None] = lambda _: None,
    on_end: Callable[[StepResult], None] = lambda _: None,
    steps: tuple[Step, ...] = STEPS,
) -> Report:
    """Make the journey with a new user. Never raises for what a step does; the report says it."""
    traveller = Traveller.new(connection, redrive)
    results: list[StepResult] = []
    failed: dict[Act, str] = {}
    for step in steps:
        on_start(step)
        began = time.monotonic()
        cause = next((failed[need] for need in step.needs if need in failed), None)
        ok, detail = (False, f"not run, because this failed: {cause}") if cause else _attempt(step.act, traveller)
        if not ok:
            failed[step.act] = cause or step.name
        results.append(StepResult(step.name, round(time.monotonic() - began, 4), ok, detail))
        on_end(results[-1])
    return Report(results, traveller)


def _attempt(act: Act, traveller: Traveller) -> tuple[bool, str]:
    try:
        return True, act(traveller)
    except JourneyError as surprise:
        return False, str(surprise)
    except Exception as error:
        # Whatever the platform or a client library throws is a failed step, not the end of the journey.
        return False, f"{type(error).__name__}: {error}"
