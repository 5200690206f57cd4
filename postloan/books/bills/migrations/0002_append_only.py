"""Purchases, merchant refunds and conversions are evidence: the database refuses to change them."""

from typing import ClassVar

from django.db import migrations

from postloan.ground.audit.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("bills", "0001_bills"), ("audit", "0002_append_only")]
    operations: ClassVar = [
        migrations.RunSQL(*append_only(table="bills_purchase")),
        migrations.RunSQL(*append_only(table="bills_merchantrefund")),
        migrations.RunSQL(*append_only(table="bills_conversion")),
    ]
