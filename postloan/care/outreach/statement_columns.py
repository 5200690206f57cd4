"""The columns of statements, holds and flags that an entry of the evidence vouches for."""

CONSENT_COLUMNS = (
    "id", "customer_id", "act", "purpose", "channel", "contact_point_id", "point_hash", "loan_ids", "text_version",
    "evidence", "via", "facts", "at", "until_at", "by", "key",
)  # fmt: skip
HOLD_COLUMNS = (
    "id", "customer_id", "loan_id", "kind", "since_at", "until_at", "reason", "by", "facts", "released_at",
    "release_reason", "released_by",
)  # fmt: skip
FLAG_COLUMNS = (
    "id", "customer_id", "kind", "since_at", "reason", "details", "by", "released_at", "release_reason", "released_by",
)  # fmt: skip
