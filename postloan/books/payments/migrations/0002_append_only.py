from typing import ClassVar

from django.db import migrations

from postloan.ground.audit.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("payments", "0001_initial"), ("audit", "0002_append_only")]
    operations: ClassVar = [migrations.RunSQL(*append_only(table="payments_allocation"))]
