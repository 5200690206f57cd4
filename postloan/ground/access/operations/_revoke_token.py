"""Take a key to the API back."""

from datetime import datetime

from django.db import transaction

from postloan.ground.access.models import ApiToken
from postloan.ground.audit import operations as audit


@transaction.atomic
def revoke_token(*, token_id: int, by: str, at: datetime) -> ApiToken:
    """Return the token, which opens nothing from now on. Revoking it again changes nothing."""
    token = ApiToken.objects.select_for_update().get(pk=token_id)
    if token.revoked_at is None:
        token.revoked_at, token.revoked_by = at, by
        token.save(update_fields=["revoked_at", "revoked_by"])
        audit.record_act(
            by=by,
            action="revoke_token",
            subject_kind="login",
            subject_id=token.user_id,
            at=at,
            details={"token": token.public_id},
        )
    return token
