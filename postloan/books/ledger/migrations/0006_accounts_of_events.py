"""The accounts and the kinds of entry that the events of a running loan need."""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CHART = [
    (12, "merchant_settlement", "liability"),
    (13, "transfers_between_loans", "asset"),
    (14, "waiver_expense", "expense"),
    (15, "charge_off_loss", "expense"),
    (16, "recovery_income", "income"),
]
KINDS = [
    ("takeover", "Takeover"),
    ("disbursement", "Disbursement"),
    ("receipt", "Receipt"),
    ("raise_due", "Raise Due"),
    ("accrual", "Accrual"),
    ("penalty", "Penalty"),
    ("allocation", "Allocation"),
    ("correction", "Correction"),
    ("reversal", "Reversal"),
    ("waiver", "Waiver"),
    ("refund", "Refund"),
    ("prepayment", "Prepayment"),
    ("settlement", "Settlement"),
    ("charge_off", "Charge Off"),
    ("recovery", "Recovery"),
    ("plan_change", "Plan Change"),
]


def write_chart(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    account = apps.get_model("ledger", "Account")
    account.objects.bulk_create(account(id=number, code=code, kind=kind) for number, code, kind in CHART)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("ledger", "0005_entries_of_disbursement")]
    operations: ClassVar = [
        migrations.RunPython(write_chart, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="journalentry", name="kind", field=models.CharField(choices=KINDS, max_length=12)
        ),
    ]
