"""
Daily sums, and the list of entries that are in none yet: a trigger adds each entry as it is written.

Why a list and not a date: docs/decisions/0066-sums-and-what-they-lack.md.
"""


import django.db.models.deletion
from django.db import migrations, models

LIST_ENTRIES = """
CREATE FUNCTION list_unsummed_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_unsummedentry (entry_id) SELECT id FROM added;
    RETURN NULL;
END
$$;
CREATE TRIGGER entry_waits_for_its_sum AFTER INSERT ON ledger_journalentry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION list_unsummed_entries();
INSERT INTO ledger_unsummedentry (entry_id) SELECT id FROM ledger_journalentry;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0006_accounts_of_events'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnsummedEntry',
            fields=[
                ('entry', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='ledger.journalentry')),
            ],
        ),
        migrations.CreateModel(
            name='DailySum',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business_date', models.DateField()),
                ('currency', models.CharField(max_length=3)),
                ('product_id', models.BigIntegerField(null=True)),
                ('debit_minor', models.BigIntegerField()),
                ('credit_minor', models.BigIntegerField()),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='ledger.account')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('business_date', 'account', 'product_id', 'currency'), name='day_has_one_sum_for_each_account', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('credit_minor__gte', 0), ('debit_minor__gte', 0)), name='daily_sums_are_not_negative')],
            },
        ),
        migrations.RunSQL(LIST_ENTRIES, "DROP FUNCTION list_unsummed_entries() CASCADE"),
    ]
