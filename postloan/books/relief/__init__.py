"""
Relief: a running loan's plan is changed by agreement: new dates, smaller instalments, another rate, a new plan.

Each change is one event of the engine (docs/rules/relief.md). `changes.py` says which there are, `relieving.py` lets
one happen, `operations` are the use-cases, and a change beyond a person's authority waits for a second one.
"""
