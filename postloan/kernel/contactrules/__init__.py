"""
Contact rules: may this person be contacted like this, now? Rules as data, answers that can be replayed and explained.

`PolicyPack` holds a jurisdiction's rules; `decide` answers a `Question` from a history of `PastEvent`s with a
`Decision`. The rule page is docs/rules/contact_rules.md.
"""

from postloan.kernel.contactrules._case import (
    CaseRefused,
    answer_line,
    answer_lines,
    case_schema,
    decision_schema,
    read_case,
)
from postloan.kernel.contactrules._clock import NoSuchZone
from postloan.kernel.contactrules._deadlines import Keeping, Stage, deadline_stages, keeping, validation_period_end
from postloan.kernel.contactrules._decide import decide
from postloan.kernel.contactrules._decision import CounterSeen, Decision, Outcome, Reason
from postloan.kernel.contactrules._explain import said, sentences
from postloan.kernel.contactrules._history import Hours, PastEvent
from postloan.kernel.contactrules._many import decide_many
from postloan.kernel.contactrules._overlay import Overlay, OverlayLoosens, overlay
from postloan.kernel.contactrules._pack import Choice, PolicyPack, TimeZones
from postloan.kernel.contactrules._question import Actor, Content, DebitPlan, Question, VisitPlan
from postloan.kernel.contactrules._readable import pack_text
from postloan.kernel.contactrules._rules import (
    ContentRule,
    CoolingRule,
    CounterRule,
    DeadlineRule,
    DebitRule,
    DutyRule,
    EvidenceRule,
    PatternRule,
    PreferenceRule,
    RecipientRule,
    RetentionRule,
    Rule,
    RuleBase,
    ScopeRule,
    VisitRule,
    Window,
    WindowRule,
    Words,
)

__all__ = [
    "Actor",
    "CaseRefused",
    "Choice",
    "Content",
    "ContentRule",
    "CoolingRule",
    "CounterRule",
    "CounterSeen",
    "DeadlineRule",
    "DebitPlan",
    "DebitRule",
    "Decision",
    "DutyRule",
    "EvidenceRule",
    "Hours",
    "Keeping",
    "NoSuchZone",
    "Outcome",
    "Overlay",
    "OverlayLoosens",
    "PastEvent",
    "PatternRule",
    "PolicyPack",
    "PreferenceRule",
    "Question",
    "Reason",
    "RecipientRule",
    "RetentionRule",
    "Rule",
    "RuleBase",
    "ScopeRule",
    "Stage",
    "TimeZones",
    "VisitPlan",
    "VisitRule",
    "Window",
    "WindowRule",
    "Words",
    "answer_line",
    "answer_lines",
    "case_schema",
    "deadline_stages",
    "decide",
    "decide_many",
    "decision_schema",
    "keeping",
    "overlay",
    "pack_text",
    "read_case",
    "said",
    "sentences",
    "validation_period_end",
]
