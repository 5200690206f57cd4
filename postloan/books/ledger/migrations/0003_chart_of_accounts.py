from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CHART = [
    (1, "bank", "asset"),
    (2, "loan_principal", "asset"),
    (3, "accrued_interest", "asset"),
    (4, "interest_receivable", "asset"),
    (5, "fee_receivable", "asset"),
    (6, "penalty_receivable", "asset"),
    (7, "unapplied_receipts", "liability"),
    (8, "takeover", "equity"),
    (9, "interest_income", "income"),
    (10, "fee_income", "income"),
    (11, "penalty_income", "income"),
]


def write_chart(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    account = apps.get_model("ledger", "Account")
    account.objects.bulk_create(account(id=number, code=code, kind=kind) for number, code, kind in CHART)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("ledger", "0002_what_always_holds")]
    operations: ClassVar = [migrations.RunPython(write_chart, migrations.RunPython.noop)]
