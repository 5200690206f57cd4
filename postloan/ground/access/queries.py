"""Questions about who may do what."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F, QuerySet

from postloan.ground.access.models import ApiToken, BorrowerAccount
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


def find_tokens(*, user: User | None = None) -> QuerySet[ApiToken]:
    """Return the tokens of one login or of all, those that still open something first, then the newest."""
    found = ApiToken.objects.select_related("user").order_by(F("revoked_at").desc(nulls_first=True), "-pk")
    return found if user is None else found.filter(user=user)
