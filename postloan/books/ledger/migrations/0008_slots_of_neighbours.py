"""
1,024 slots instead of 64, each standing where the books stand (docs/decisions/0069-small-partitions-of-neighbours.md).

A customer's slot changes with it, so all of them must stand at the same date, and no close may be half done.
"""

from django.db import migrations

_CHECK = """
DO $$ BEGIN
    IF (SELECT count(DISTINCT closed_through_date) FROM ledger_bookslot) > 1 THEN
        RAISE EXCEPTION 'a close is half done: finish it with the version that began it, then migrate';
    END IF;
    IF to_regclass('close_closerun') IS NOT NULL THEN
        IF EXISTS (SELECT FROM close_closerun WHERE finished_at IS NULL) THEN
            RAISE EXCEPTION 'a close is half done: finish it with the version that began it, then migrate';
        END IF;
    END IF;
END $$
"""
_MORE = """
INSERT INTO ledger_bookslot (slot, closed_through_date)
SELECT slot, (SELECT max(closed_through_date) FROM ledger_bookslot)
FROM generate_series(64, 1023) slot WHERE EXISTS (SELECT FROM ledger_bookslot)
"""
_FEWER = "DELETE FROM ledger_bookslot WHERE slot >= 64"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_daily_sums")]

    operations = [
        migrations.RunSQL(sql=_CHECK, reverse_sql=_CHECK),
        migrations.RunSQL(sql=_MORE, reverse_sql=_FEWER),
    ]
