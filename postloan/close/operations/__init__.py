from postloan.close.operations._do_scheduled_work import UnknownWork, do_scheduled_work
from postloan.close.operations._raise_alarms import raise_alarms
from postloan.close.operations._release_fault import FaultIsSolved, UnknownFault, release_fault
from postloan.close.operations._retry_fault import Retry, retry_fault

__all__ = [
    "FaultIsSolved",
    "Retry",
    "UnknownFault",
    "UnknownWork",
    "do_scheduled_work",
    "raise_alarms",
    "release_fault",
    "retry_fault",
]
