"""
The words of a question and of a history: one spelling each, and the other spellings that are understood.

Reading is forgiving (`call`, `phone`, `telephone` are all `voice`), meaning is strict: a word that is not in the
vocabulary is refused, never guessed.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from postloan.kernel.contactrules._clock import ZoneName

Channel = Literal["voice", "sms", "email", "push", "wechat", "inbox", "chat", "social", "letter", "visit", "debit"]
Mode = Literal["interactive", "notification"]
Purpose = Literal[
    "collection",
    "reminder",
    "service",
    "reply",
    "location",
    "validation_notice",
    "cease_acknowledgement",
    "remedy_notice",
    "legal_process",
    "opt_out_confirmation",
    "follow_up",
    "complaint",
    "verification_code",
    "marketing",
    "enforcement",
    "debit",
]
ContentClass = Literal["debt", "neutral", "limited_content", "location", "marketing"]
RecipientKind = Literal[
    "debtor",
    "co_debtor",
    "guarantor",
    "spouse",
    "parent_of_minor",
    "guardian",
    "personal_representative",
    "successor",
    "attorney",
    "creditor",
    "creditor_attorney",
    "collector_attorney",
    "credit_bureau",
    "employer",
    "third_person",
]
ActorKind = Literal["lender", "agency", "robot"]
Capacity = Literal["creditor", "third_party_collector", "debt_buyer"]
PointKind = Literal[
    "mobile", "landline", "work", "email", "work_email", "home", "workplace", "account", "public", "other"
]
ConsentScope = Literal[
    "any", "hours", "frequency", "place", "channel", "third_party", "direct", "marketing", "entry", "private_account",
    "debit", "recording",
]  # fmt: skip
EventKind = Literal[
    # what was tried, and how it ended
    "attempt",
    "busy",
    "not_in_service",
    "voicemail",
    "connected",
    "dropped",
    "conversation",
    "message_sent",
    "message_delivered",
    "message_failed",
    "letter_sent",
    "visited",
    "inbound",
    "debit_failed",
    "debit_succeeded",
    # what somebody allowed, refused or asked for
    "consent_given",
    "consent_withdrawn",
    "refusal",
    "opt_out",
    "opt_in",
    "medium_refused",
    "cease_request",
    "cease_withdrawn",
    "inconvenient_time",
    "inconvenient_place",
    "preferred_hours",
    "preference_withdrawn",
    "workplace_forbidden",
    "workplace_permitted",
    "location_answer_incomplete",
    # what is so from then on
    "represented",
    "representation_ended",
    "attorney_unresponsive",
    "court_permission",
    "dispute",
    "dispute_answered",
    "complaint",
    "complaint_closed",
    "promise",
    "promise_broken",
    "plan_signed",
    "plan_breached",
    "plan_ended",
    "hardship",
    "hardship_decided",
    "forbearance_considered",
    "death",
    "incapacity",
    "lost_contact",
    "contact_restored",
    "wrong_number",
    "vulnerable",
    "vulnerable_ended",
    "debt_advice_hold",
    "breathing_space",
    "hold_released",
    "validation_sent",
    "time_barred",
    "paid",
    "time_zone",
    "new_debit_authorisation",
    "rights_notice",
]
Claim = Literal[
    "threat", "violence", "obscenity", "harassment", "public_shaming", "poses_as_lender", "poses_as_authority", "false_identity",
    "invented_blacklist", "inflated_amount", "false_legal_effect", "extra_fees", "borrow_elsewhere", "suit_threat", "reveals_debt",
    "premium_rate_callback", "lump_sum_pressure", "forced_asset_sale", "postcard", "reveals_collector_on_envelope", "discrimination",
    "personal_data_leak", "overshadows_dispute_right",
]  # fmt: skip

_SAID: dict[str, dict[str, str]] = {
    "channel": {
        "call": "voice", "phone": "voice", "telephone": "voice", "phone_call": "voice", "robocall": "voice",
        "ringless_voicemail": "voice", "text": "sms", "text_message": "sms", "mms": "sms", "mail": "letter",
        "post": "letter", "postal": "letter", "fax": "letter", "e-mail": "email", "e_mail": "email", "app": "push",
        "app_push": "push", "push_notification": "push", "in_app": "inbox", "inapp": "inbox", "portal": "inbox",
        "corporate_wechat": "wechat", "wecom": "wechat", "weixin": "wechat", "im": "wechat", "field": "visit",
        "field_visit": "visit", "home_visit": "visit", "in_person": "visit", "direct_debit": "debit", "auto_debit": "debit",
        "ach": "debit", "payment_transfer": "debit", "cpa": "debit", "social_media": "social",
    },
    "mode": {"conversation": "interactive", "human": "interactive", "ai": "interactive", "ai_voice": "interactive",
             "notice": "notification", "recorded": "notification", "prerecorded": "notification", "ivr": "notification"},
    "purpose": {
        "collect": "collection", "debt_collection": "collection", "dunning": "collection", "arrears": "collection",
        "payment_reminder": "reminder", "due_reminder": "reminder", "servicing": "service", "locate": "location",
        "location_information": "location", "skip_trace": "location", "skip_tracing": "location", "response": "reply",
        "callback": "reply", "requested_callback": "reply", "validation": "validation_notice",
        "legal": "legal_process", "lawsuit": "enforcement", "notification": "service", "ads": "marketing",
        "promotion": "marketing", "telemarketing": "marketing", "solicitation": "marketing", "followup": "follow_up",
        "opt_out_acknowledgement": "opt_out_confirmation", "otp": "verification_code", "verification": "verification_code",
        "cease_acknowledgment": "cease_acknowledgement", "termination_notice": "cease_acknowledgement",
        "notice_of_remedy": "remedy_notice", "repayment": "debit", "payment": "debit", "contact": "location", "relay": "location",
    },
    "content": {
        "debt_detail": "debt", "debt_details": "debt", "full": "debt", "demand": "debt", "collection": "debt", "none": "neutral",
        "no_debt": "neutral", "no_debt_content": "neutral", "limited": "limited_content", "limited_content_message": "limited_content",
        "lcm": "limited_content", "location_information": "location", "ads": "marketing", "promotion": "marketing",
    },
    "recipient": {
        "borrower": "debtor", "consumer": "debtor", "customer": "debtor", "self": "debtor", "co_borrower": "co_debtor",
        "joint_debtor": "co_debtor", "cosigner": "co_debtor", "co_signer": "co_debtor", "surety": "guarantor", "parent": "parent_of_minor", "executor": "personal_representative",
        "administrator": "personal_representative", "successor_in_interest": "successor", "lawyer": "attorney",
        "solicitor": "attorney", "consumer_attorney": "attorney", "consumer_reporting_agency": "credit_bureau", "contact": "third_person",
        "emergency_contact": "third_person", "third_party": "third_person", "relative": "third_person", "family": "third_person",
        "mother": "third_person", "father": "third_person", "sibling": "third_person", "friend": "third_person",
        "neighbour": "third_person", "neighbor": "third_person", "colleague": "third_person", "coworker": "third_person", "co_worker": "third_person",
    },
    "actor": {"creditor": "lender", "bank": "lender", "institution": "lender", "collector": "agency", "debt_collector": "agency",
              "third_party": "agency", "third_party_collector": "agency", "bot": "robot", "ai": "robot", "debt_buyer": "agency"},
    "capacity": {"lender": "creditor", "first_party": "creditor", "own_name": "creditor", "collector": "third_party_collector",
                 "third_party": "third_party_collector", "agency": "third_party_collector", "debt_collector": "third_party_collector", "buyer": "debt_buyer"},
    "point": {"cell": "mobile", "cellular": "mobile", "personal": "mobile", "residence": "home", "home_phone": "landline", "work_phone": "work",
              "office": "work", "office_phone": "work", "employer_email": "work_email", "personal_email": "email", "home_address": "home", "bank_account": "account",
              "place_of_employment": "workplace", "phone": "mobile"},
    "scope": {"all": "any", "time": "hours", "night": "hours", "more_calls": "frequency", "calls": "frequency", "contact_third_parties": "third_party",
              "medium": "channel", "direct_contact": "direct", "private_phone": "private_account", "inconvenient_time": "hours", "inconvenient_place": "place"},
    "claim": {
        "threats": "threat", "intimidation": "threat", "coercion": "threat", "insult": "obscenity", "abuse": "obscenity", "poses_as_court": "poses_as_authority",
        "poses_as_police": "poses_as_authority", "impersonates_authority": "poses_as_authority", "impersonates_lender": "poses_as_lender", "fake_blacklist": "invented_blacklist",
        "blacklist": "invented_blacklist", "exaggerated_amount": "inflated_amount", "invented_fees": "extra_fees", "collection_fee": "extra_fees", "borrow_more": "borrow_elsewhere",
        "threat_of_suit": "suit_threat", "legal_threat": "suit_threat", "threatens_suit": "suit_threat", "mentions_debt": "reveals_debt", "premium_rate": "premium_rate_callback",
        "single_payment_pressure": "lump_sum_pressure", "embarrassment": "public_shaming",
    },
    "kind": {
        "not_answered": "attempt", "no_response": "attempt", "missed": "attempt", "hang_up": "dropped", "hung_up": "dropped", "hangup": "dropped",
        "sms_sent": "message_sent", "text_sent": "message_sent", "email_sent": "message_sent", "payment_failed": "debit_failed",
        "payment_succeeded": "debit_succeeded", "cease_letter": "cease_request", "stop_keyword": "opt_out", "unsubscribed": "opt_out",
        "no_answer": "attempt", "unanswered": "attempt", "rang_out": "attempt", "call": "attempt", "call_attempt": "attempt",
        "dial": "attempt", "ring_no_answer": "attempt", "switched_off": "attempt", "invalid_number": "not_in_service", "number_invalid": "not_in_service",
        "disconnected": "not_in_service", "empty_number": "not_in_service", "voicemail_left": "voicemail", "voicemail_full": "voicemail", "full_voicemail": "voicemail",
        "answered": "connected", "call_connected": "connected", "dropped_call": "dropped", "answered_then_dropped": "dropped",
        "call_dropped": "dropped", "talk": "conversation", "right_party_contact": "conversation", "spoke": "conversation",
        "inbound_conversation": "conversation", "inbound_call": "conversation", "sent": "message_sent", "delivered": "message_delivered",
        "bounced": "message_failed", "bounce": "message_failed", "letter": "letter_sent", "visit": "visited", "inbound_message": "inbound",
        "failed_debit": "debit_failed", "failed_payment_transfer": "debit_failed", "debit_returned": "debit_failed", "successful_debit": "debit_succeeded",
        "consent": "consent_given", "agreement": "consent_given", "prior_consent": "consent_given", "agreed": "consent_given",
        "consent_revoked": "consent_withdrawn", "revoked": "consent_withdrawn", "refused": "refusal", "third_person_refused": "refusal", "stop": "opt_out",
        "unsubscribe": "opt_out", "cease": "cease_request", "cease_communication": "cease_request", "stop_request": "cease_request",
        "attorney": "represented", "attorney_represented": "represented", "represented_by_attorney": "represented", "disputed": "dispute",
        "written_dispute": "dispute", "dispute_resolved": "dispute_answered", "verification_sent": "dispute_answered", "dispute_verified": "dispute_answered",
        "complaint_opened": "complaint", "complaint_made": "complaint", "promise_to_pay": "promise", "instalment_agreement_signed": "plan_signed",
        "plan_agreed": "plan_signed", "plan_broken": "plan_breached", "agreement_breached": "plan_breached", "plan_completed": "plan_ended",
        "hardship_request": "hardship", "deceased": "death", "died": "death", "incapacitated": "incapacity", "lost": "lost_contact", "lost_contact_evidence": "lost_contact", "found": "contact_restored", "wrong_person": "wrong_number", "vulnerable_flag": "vulnerable",
        "debt_advice": "debt_advice_hold", "moratorium": "breathing_space", "time_zone_fact": "time_zone", "validation_notice_sent": "validation_sent",
        "new_authorisation": "new_debit_authorisation", "new_authorization": "new_debit_authorisation", "debit_authorisation": "new_debit_authorisation",
        "new_debit_authorization": "new_debit_authorisation", "consumer_rights_notice": "rights_notice", "employer_forbids": "workplace_forbidden",
        "employer_prohibits": "workplace_forbidden", "place_inconvenient": "inconvenient_place", "time_inconvenient": "inconvenient_time",
        "settled": "paid", "paid_off": "paid", "preference": "preferred_hours",
    },
}  # fmt: skip
INBOUND_KINDS = frozenset({"inbound_conversation", "inbound_call", "inbound_message", "inbound"})


def understood(table: str, value: Any) -> Any:
    """Return the one spelling of a word; what is not text is left to be refused."""
    if not isinstance(value, str):
        return value
    words = _SAID[table]
    known = words.get(value)
    if known is None:
        plain = value.strip().lower().replace(" ", "_").replace("-", "_")
        known = words.get(plain, plain)
    return known


def _read(table: str) -> BeforeValidator:
    return BeforeValidator(partial(understood, table))


AnyChannel = Annotated[Channel, _read("channel")]
AnyMode = Annotated[Mode, _read("mode")]
AnyPurpose = Annotated[Purpose, _read("purpose")]
AnyContent = Annotated[ContentClass, _read("content")]
AnyRecipient = Annotated[RecipientKind, _read("recipient")]
AnyActor = Annotated[ActorKind, _read("actor")]
AnyCapacity = Annotated[Capacity, _read("capacity")]
AnyPoint = Annotated[PointKind, _read("point")]
AnyScope = Annotated[ConsentScope, _read("scope")]
AnyClaim = Annotated[Claim, _read("claim")]
AnyKind = Annotated[EventKind, _read("kind")]


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Zones = Annotated[tuple[ZoneName, ...], BeforeValidator(_listed)]


class Spoken(BaseModel):
    """A part of a question or history: frozen, no unknown fields, other spellings of field names understood."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        fields = cls.__pydantic_fields__
        if given.keys() <= fields.keys():
            return cls.adapted(given)
        names = cls.other_names()
        read: dict[str, Any] = {}
        for name, value in given.items():
            known = name if name in fields else names.get(name, name)
            if known in read:
                raise ValueError(f"{name} and another field both say {known}")
            read[known] = value
        return cls.adapted(read)

    @classmethod
    def other_names(cls) -> Mapping[str, str]:
        """Return the other spellings of field names."""
        return {}

    @classmethod
    def adapted(cls, read: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the fields after what a spelling implies has been added."""
        return read
