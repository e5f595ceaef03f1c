"""Checks who registers and links a provider's user to their account. Event: PreSignUp_SignUp, PreSignUp_AdminCreateUser
and PreSignUp_ExternalProvider.

Fails closed: nobody is created on whom it could not decide. It confirms and verifies nobody: an e-mailed code does, or
the provider's own `email_verified`. Budget: Cognito waits 5 s; only a link needs calls, see store.py.
"""

import os

from sign_up_validator import env, linking
from sign_up_validator.admission import EXTERNAL, Applicant, RefusedError, UndecidedError, check
from sign_up_validator.logs import DecisionLog

ENVIRONMENT = env.parse(os.environ)


def lambda_handler(event: dict[str, object], context: object) -> dict[str, object]:
    log = DecisionLog(event, context)
    try:
        applicant = Applicant(event)
        check(applicant, ENVIRONMENT)
        links = applicant.source == EXTERNAL
        outcome = linking.join(applicant, ENVIRONMENT.providers, _accounts) if links else "ADMITTED"
    except UndecidedError as refused:
        log.undecided(refused.reason)
        raise
    except RefusedError as refused:
        log.line("WARNING", "sign-up refused", reason=refused.reason, fields=refused.fields)
        raise
    except Exception as error:
        log.undecided(f"UNEXPECTED_{type(error).__name__}")
        raise UndecidedError("UNEXPECTED") from None
    log.line("INFO", "sign-up admitted", outcome=outcome)
    return {**event, "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}}


def _accounts() -> "linking.Accounts":
    from sign_up_validator import store

    return store
