"""Contacts know their template, by which carriers count, and points since when they are wrong; the gate reads both."""

from importlib import import_module
from typing import ClassVar

from django.db import migrations, models

before = import_module("postloan.care.outreach.migrations.0003_what_always_holds_of_contacts")

OPEN = before.OPEN.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(
    "'mode', past.mode,", "'mode', past.mode, 'template', past.template,"
).replace("'state', point.state,", "'state', point.state, 'state_at', point.state_at,")
WRITE = before.WRITE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(
    "mode = new.mode,", "mode = new.mode, template = new.template,"
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("outreach", "0005_shipped_texts")]
    operations: ClassVar = [
        migrations.AddField("contact", "template", models.CharField(blank=True, default="", max_length=60), preserve_default=False),
        migrations.RunSQL(OPEN, before.OPEN.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")),
        migrations.RunSQL(WRITE, before.WRITE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")),
    ]
