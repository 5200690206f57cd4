"""Put the shipped texts in as first versions, approved by the house."""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations

SHIPPED_AT = datetime(2018, 1, 1, tzinfo=UTC)


def put_in(apps: Any, schema_editor: Any) -> None:
    from postloan.care.outreach.wordings import shipped_texts

    model = apps.get_model("outreach", "TemplateVersion")
    model.objects.bulk_create(
        model(
            code=text.code, channel=text.channel, language=text.language, version_no=1, state="approved",
            subject=text.subject, body=text.body, line=text.line,
            drafted_by="shipped", drafted_at=SHIPPED_AT, submitted_at=SHIPPED_AT,
            decided_by="house", decided_at=SHIPPED_AT,
        )
        for text in shipped_texts()
    )


class Migration(migrations.Migration):
    dependencies = [("outreach", "0004_sending")]

    operations = [migrations.RunPython(put_in, migrations.RunPython.noop)]
