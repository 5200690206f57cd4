import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from postloan.ground.audit.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_append_only"),
        ("ledger", "0003_chart_of_accounts"),
        ("loans", "0002_append_only"),
        ("products", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=40)),
                ("file_name", models.CharField(max_length=200)),
                ("file_sha256", models.CharField(max_length=64)),
                ("mapping_sha256", models.CharField(max_length=64)),
                ("as_of_date", models.DateField()),
                ("first_loan_id", models.BigIntegerField()),
                ("last_loan_id", models.BigIntegerField()),
                ("rows_read", models.IntegerField()),
                ("rows_loaded", models.IntegerField()),
                ("rows_rejected", models.IntegerField()),
                ("control_totals", models.JSONField()),
                ("tie_out", models.JSONField()),
                ("warnings", models.JSONField()),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=150)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="import_batch",
                        to="ledger.journalentry",
                    ),
                ),
                (
                    "product_version",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="products.productversion"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("file_sha256", "mapping_sha256", "as_of_date"), name="tape_is_imported_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "rows_read",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("rows_loaded"), "+", models.F("rows_rejected")
                                ),
                            )
                        ),
                        name="imported_rows_are_loaded_or_rejected",
                    ),
                ],
            },
        ),
        migrations.RunSQL(*append_only(table="loans_importbatch")),
    ]
