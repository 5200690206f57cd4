from typing import ClassVar

from django.db import migrations

from postloan.ground.audit.append_only import DROP_REFUSE_CHANGE, REFUSE_CHANGE, append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("audit", "0001_initial")]
    operations: ClassVar = [
        migrations.RunSQL(REFUSE_CHANGE, DROP_REFUSE_CHANGE),
        migrations.RunSQL(*append_only(table="audit_auditrecord")),
    ]
