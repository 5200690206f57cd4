from postloan.care.reminders.operations._deliver_reminders import deliver_reminders
from postloan.care.reminders.operations._plan_failed_debits import plan_failed_debits
from postloan.care.reminders.operations._queue_reminders import queue_reminders

__all__ = ["deliver_reminders", "plan_failed_debits", "queue_reminders"]
