"""Slots of neighbours (docs/decisions/0069-small-partitions-of-neighbours.md): the column is made anew."""

import django.db.models.expressions
import django.db.models.functions.math
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0008_slots_of_neighbours"),
        ("loans", "0008_bills"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="loan", name="loan_by_next_event"),
        migrations.RemoveIndex(model_name="loan", name="replayed_loan_by_slot"),
        migrations.RemoveField(model_name="loan", name="slot"),
        migrations.AddField(
            model_name="loan",
            name="slot",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.math.Mod(
                    django.db.models.expressions.CombinedExpression(models.F("customer_id"), "/", models.Value(16)),
                    1024,
                ),
                output_field=models.SmallIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="loan",
            index=models.Index(
                condition=models.Q(("status", "active"), ("next_event_date__isnull", False), _connector="OR"),
                fields=["slot", "next_event_date"],
                name="loan_by_next_event",
            ),
        ),
        migrations.AddIndex(
            model_name="loan",
            index=models.Index(
                condition=models.Q(("needs_replay", True)), fields=["slot"], name="replayed_loan_by_slot"
            ),
        ),
    ]
