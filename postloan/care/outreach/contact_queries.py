"""Questions about contacts: decisions and their replay, the timeline of a person, what they want, the evidence."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from postloan.care.outreach.models import (
    Consent,
    Contact,
    ContactDecision,
    ContactHold,
    EvidenceEntry,
    EvidenceSeal,
)
from postloan.care.outreach.packs import NoSuchPack, load_pack
from postloan.care.outreach.policy import pack_for
from postloan.ground.customers.models import ContactPoint, CustomerFlag, CustomerTimeZone
from postloan.kernel.contactrules import Decision, PolicyPack, decide, read_case, sentences

Language = str


@dataclass(frozen=True)
class Explained:
    """A decision in words, and whether the record alone gives the same answer again."""

    sentences: list[str]
    replays: bool | None  # None: the pack of that time is not at hand


@dataclass(frozen=True)
class Wishes:
    """What a person wants and what is so about them: everything the gate reads beside the contacts."""

    consents: list[Consent]
    holds: list[ContactHold]
    flags: list[CustomerFlag]
    zones: list[CustomerTimeZone]
    points: list[ContactPoint]


@dataclass(frozen=True)
class EvidenceState:
    """How much evidence there is and how much of it is under a seal."""

    entries: int
    unsealed: int
    seals: list[EvidenceSeal]


def find_decisions(
    *, on_date: date | None = None, verdict: str = "", channel: str = "", rule: str = "", customer_id: int | None = None,
    breaches_only: bool = False,
) -> QuerySet[ContactDecision]:  # fmt: skip
    """Return the decisions that fit; `on_date` is a day in the lender's time zone, `rule` the id of a rule named."""
    found = ContactDecision.objects.select_related("customer").defer("question", "counters", "obligations", "reasons")
    if on_date is not None:
        start = timezone.make_aware(datetime.combine(on_date, time.min))
        found = found.filter(decided_at__gte=start, decided_at__lt=start + timedelta(days=1))
    if rule:
        found = found.filter(rule_ids__contains=[rule])
    if breaches_only:
        found = found.filter(reported=True).exclude(verdict="allow")
    given: dict[str, Any] = {"verdict": verdict, "channel": channel, "customer_id": customer_id}
    return found.filter(**{name: value for name, value in given.items() if value})


def get_decision(*, decision_id: int) -> ContactDecision:
    """Return one decision with its customer. Raises ContactDecision.DoesNotExist."""
    return ContactDecision.objects.select_related("customer").get(pk=decision_id)


def explain_decision(*, decision: ContactDecision, language: Language) -> Explained:
    """Return the decision in words, decided again from its record: question and past as the rules saw them."""
    pack = _pack_of(decision)
    if pack is None:
        return Explained(sentences=[str(reason.get("rule", "")) for reason in decision.reasons], replays=None)
    again = _again(decision, pack)
    is_same = (again.outcome, list(again.rules)) == (decision.verdict, decision.rule_ids)
    return Explained(sentences=sentences(decision=again, pack=pack, language=_spoken(language)), replays=is_same)


def get_contacts_of_customer(*, customer_id: int, limit: int = 100) -> list[Contact]:
    """Return the latest contacts with one customer on all channels, each with its decision."""
    found = Contact.objects.filter(customer_id=customer_id).select_related("decision", "contact_point")
    return list(found.order_by("-at", "-pk")[:limit])


def get_wishes(*, customer_id: int) -> Wishes:
    """Return what the gate knows of a person beside the contacts, the latest first."""
    return Wishes(
        consents=list(Consent.objects.filter(customer_id=customer_id).order_by("-at", "-pk")[:200]),
        holds=list(ContactHold.objects.filter(customer_id=customer_id).order_by("-since_at", "-pk")),
        flags=list(CustomerFlag.objects.filter(customer_id=customer_id).order_by("-since_at", "-pk")),
        zones=list(CustomerTimeZone.objects.filter(customer_id=customer_id, until_at__isnull=True).order_by("zone")),
        points=list(ContactPoint.objects.filter(customer_id=customer_id).order_by("pk")),
    )


def get_points_to_renew(*, customer_id: int) -> list[ContactPoint]:
    """Return the customer's addresses that do not work, to be asked for anew."""
    found = ContactPoint.objects.filter(customer_id=customer_id, state__in=ContactPoint.UNUSABLE)
    return list(found.order_by("pk"))


def get_evidence_state(*, seals: int = 50) -> EvidenceState:
    """Return how much evidence lies under the latest seals, and how much since."""
    last = EvidenceSeal.objects.order_by("-through_entry_id").first()
    since = EvidenceEntry.objects.filter(pk__gt=last.through_entry_id if last else 0)
    return EvidenceState(
        entries=EvidenceEntry.objects.count(),
        unsealed=since.count(),
        seals=list(EvidenceSeal.objects.order_by("-through_entry_id")[:seals]),
    )


def count_verdicts(*, on_date: date | None = None) -> dict[str, int]:
    """Return how many decisions of a day were allow, deny, needs_policy_choice, and how many were breaches."""
    found = find_decisions(on_date=on_date)
    counts = {verdict: found.filter(verdict=verdict).count() for verdict in ContactDecision.Verdict.values}
    return counts | {"breaches": found.filter(Q(reported=True) & ~Q(verdict="allow")).count()}


def try_case(*, pack_name: str, case: dict[str, Any]) -> tuple[Decision, PolicyPack]:
    """Return what a pack says to a question with a history. Refuses NoSuchPack, CaseRefused."""
    pack = load_pack(pack_name)
    question, history = read_case(given=case, pack=pack)
    return decide(pack=pack, question=question, history=history), pack


def words_of(*, decision: Decision, pack: PolicyPack, language: Language) -> list[str]:
    """Return a decision as sentences in the language of the page."""
    return sentences(decision=decision, pack=pack, language=_spoken(language))


def _again(decision: ContactDecision, pack: PolicyPack) -> Decision:
    question, history = read_case(given=decision.question, pack=pack)
    return decide(pack=pack, question=question, history=history)


def _pack_of(decision: ContactDecision) -> PolicyPack | None:
    """Return the pack a decision was made by: the one in force, or one that comes with the house, in that version."""
    in_force = pack_for(jurisdiction="")
    for pack in (in_force, _shipped("+".join(part.partition("@")[0] for part in decision.pack.split("+")))):
        if pack and ("+".join([pack.code, *pack.overlays]), pack.version) == (decision.pack, decision.pack_version):
            return pack
    return None


def _shipped(name: str) -> PolicyPack | None:
    try:
        return load_pack(name)
    except NoSuchPack:
        return None


def _spoken(language: Language) -> Any:
    return "zh" if language.startswith("zh") else "en"
