"""
A bank of our own: takes files of debits, answers in pain.002 and camt.054, and errs on demand.

bank.py is what it decides, reports.py what it writes, serving.py the process over a directory:

    python -m postloan.outside.bank.simulator --dir var/bank
"""

from postloan.outside.bank.simulator.bank import Faults, Outcome, Report, SimulatedBank

__all__ = ["Faults", "Outcome", "Report", "SimulatedBank"]
