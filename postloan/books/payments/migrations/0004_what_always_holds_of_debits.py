"""
What is debited is what was announced: an attempt's amount refers to its order's, so neither can change alone.

Evidence of mandates and what the bank gave back are never changed.
"""

from typing import ClassVar

from django.db import migrations

from postloan.ground.audit.append_only import append_only

HOLD_AMOUNTS = """
ALTER TABLE payments_debitorder ADD CONSTRAINT debit_order_amount_is_fixed UNIQUE (id, amount_minor);
ALTER TABLE payments_debitattempt ADD CONSTRAINT debited_is_what_was_announced
    FOREIGN KEY (order_id, amount_minor) REFERENCES payments_debitorder (id, amount_minor);
"""
LET_GO = """
ALTER TABLE payments_debitattempt DROP CONSTRAINT debited_is_what_was_announced;
ALTER TABLE payments_debitorder DROP CONSTRAINT debit_order_amount_is_fixed;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("payments", "0003_direct_debit"), ("audit", "0002_append_only")]
    operations: ClassVar = [
        migrations.RunSQL(HOLD_AMOUNTS, LET_GO),
        migrations.RunSQL(*append_only(table="payments_mandateevent")),
        migrations.RunSQL(*append_only(table="payments_debitreturn")),
    ]
