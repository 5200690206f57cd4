from postloan.care.reminders.operations._deliver_reminders import deliver_reminders
from postloan.care.reminders.operations._queue_reminders import queue_reminders

__all__ = ["deliver_reminders", "queue_reminders"]
