"""
What was decided, offered, acknowledged and told on the timeline is append-only; a transfer keeps whom and how much it
pays, and what the bank has settled or rejected stays so.
"""

from typing import ClassVar

from django.db import migrations

from postloan.ground.audit.append_only import append_only

KEPT = ("offerrules", "legaltext", "applicationevent", "decision", "loanoffer", "acknowledgement")

GUARD_TRANSFERS = """
CREATE FUNCTION refuse_change_of_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'transfers are kept for ever: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.application_id, OLD.payout_account_id, OLD.end_to_end_id, OLD.amount_minor, OLD.currency)
       IS DISTINCT FROM
       (NEW.application_id, NEW.payout_account_id, NEW.end_to_end_id, NEW.amount_minor, NEW.currency)
       OR (OLD.state IN ('settled', 'rejected') AND NEW.state <> OLD.state) THEN
        RAISE EXCEPTION 'transfer % keeps whom and how much it pays, and its end', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transfer_keeps_its_facts';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER transfer_keeps_its_facts BEFORE UPDATE ON applications_transfer
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_transfer();
CREATE TRIGGER transfer_stays BEFORE DELETE OR TRUNCATE ON applications_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_transfer();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("applications", "0001_initial"), ("audit", "0002_append_only")]
    operations: ClassVar = [
        *(migrations.RunSQL(*append_only(table=f"applications_{table}")) for table in KEPT),
        migrations.RunSQL(GUARD_TRANSFERS, "DROP FUNCTION refuse_change_of_transfer() CASCADE"),
    ]
