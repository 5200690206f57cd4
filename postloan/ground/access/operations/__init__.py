from postloan.ground.access.operations._add_login import add_login
from postloan.ground.access.operations._begin_login import LoginLocked, begin_login, end_login, forget_old_attempts
from postloan.ground.access.operations._claim_answer import KeyUsedForAnotherCall, claim_answer, forget_old_answers
from postloan.ground.access.operations._issue_token import IssuedToken, TokenRefused, issue_token
from postloan.ground.access.operations._revoke_token import revoke_token
from postloan.ground.access.operations._use_token import Caller, TokenUnknown, TooManyCalls, use_token

__all__ = [
    "Caller",
    "IssuedToken",
    "KeyUsedForAnotherCall",
    "LoginLocked",
    "TokenRefused",
    "TokenUnknown",
    "TooManyCalls",
    "add_login",
    "begin_login",
    "claim_answer",
    "end_login",
    "forget_old_answers",
    "forget_old_attempts",
    "issue_token",
    "revoke_token",
    "use_token",
]
