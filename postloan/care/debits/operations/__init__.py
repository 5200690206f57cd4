from postloan.care.debits.operations._tell_debits import Told, tell_debits

__all__ = ["Told", "tell_debits"]
