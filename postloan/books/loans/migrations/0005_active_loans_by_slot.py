from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0001_initial'),
        ('loans', '0004_references_in_sets'),
        ('products', '0002_append_only'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='loan',
            name='loan_by_next_event',
        ),
        migrations.AddIndex(
            model_name='loan',
            index=models.Index(condition=models.Q(('status', 'active'), ('next_event_date__isnull', False), _connector='OR'), fields=['slot', 'next_event_date'], name='loan_by_next_event'),
        ),
    ]
