"""Questions about who may do what."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User

from postloan.ground.access.models import BorrowerAccount
from postloan.ground.access.roles import Role


def get_roles(*, user: User | AbstractBaseUser | AnonymousUser) -> frozenset[Role]:
    """Return the roles of a login; none for a stranger, all inside roles for a superuser."""
    if not user.is_authenticated or not isinstance(user, User):
        return frozenset()
    if user.is_superuser:
        return frozenset(Role) - {Role.BORROWER}
    known = {role.value for role in Role}
    return frozenset(Role(name) for name in user.groups.values_list("name", flat=True) if name in known)


def get_customer_id(*, user: User) -> int | None:
    """Return the customer a borrower's login belongs to, or None for a login without one."""
    return BorrowerAccount.objects.filter(user=user).values_list("customer_id", flat=True).first()
