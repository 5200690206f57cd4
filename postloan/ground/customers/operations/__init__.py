from postloan.ground.customers.operations._add_customer import add_customer
from postloan.ground.customers.operations._add_time_zone import NotATimeZone, add_time_zone, end_time_zone
from postloan.ground.customers.operations._mark_contact_point import mark_contact_point, note_renewal_asked
from postloan.ground.customers.operations._reveal_customer import PurposeMissing, RevealedCustomer, reveal_customer
from postloan.ground.customers.operations._set_flag import FlagNotSet, ReasonMissing, release_flag, set_flag

__all__ = [
    "FlagNotSet",
    "NotATimeZone",
    "PurposeMissing",
    "ReasonMissing",
    "RevealedCustomer",
    "add_customer",
    "add_time_zone",
    "end_time_zone",
    "mark_contact_point",
    "note_renewal_asked",
    "release_flag",
    "reveal_customer",
    "set_flag",
]
