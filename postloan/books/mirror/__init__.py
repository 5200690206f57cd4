"""
Loans that another core keeps and this one follows: what that core told, and what our books make of it.

Facts come as files or calls (positions, instalments, receipts), each with the business date
it speaks of. What the rest of the house reads of such a loan is worked out from the facts
alone, so it does not matter in which order, how late or how often they arrive.
`docs/rules/mirror.md` is the rule.
"""
