"""Give a person a login with roles, or bring an existing login to these roles."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group, User
from django.db import transaction

from postloan.ground.access.models import BorrowerAccount
from postloan.ground.access.roles import Role
from postloan.ground.audit import operations as audit


@transaction.atomic
def add_login(
    *,
    username: str,
    password: str,
    roles: Collection[Role],
    by: str,
    at: datetime,
    customer_id: int | None = None,
) -> User:
    """
    Return the login with exactly these roles and this password; `customer_id` links a borrower.

    Repeating it changes nothing but the password and the roles.
    """
    user, _ = User.objects.get_or_create(username=username)
    user.set_password(password)
    user.save()
    user.groups.set([Group.objects.get_or_create(name=role.value)[0] for role in roles])
    if customer_id is not None:
        BorrowerAccount.objects.update_or_create(user=user, defaults={"customer_id": customer_id})
    audit.record_act(
        by=by,
        action="add_login",
        subject_kind="login",
        subject_id=user.pk,
        at=at,
        details={"roles": sorted(role.value for role in roles), "customer_id": customer_id},
    )
    return user
