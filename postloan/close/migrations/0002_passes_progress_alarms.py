import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('close', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='closerun',
            name='executor',
            field=models.CharField(blank=True, db_default='', default='', max_length=120),
        ),
        migrations.AddField(
            model_name='closerun',
            name='pass_through_date',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='closerun',
            name='software_version',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
        migrations.AddField(
            model_name='faultyloan',
            name='resolution',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='faultyloan',
            name='solved_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=150),
        ),
        migrations.CreateModel(
            name='CloseAlarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business_date', models.DateField()),
                ('kind', models.CharField(choices=[('not_started', 'Not Started'), ('not_finished', 'Not Finished'), ('failed', 'Failed')], max_length=12)),
                ('raised_at', models.DateTimeField()),
                ('solved_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('business_date', 'kind'), name='alarm_is_raised_once')],
            },
        ),
        migrations.CreateModel(
            name='PartitionAtWork',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('partition_no', models.SmallIntegerField()),
                ('phase', models.CharField(max_length=10)),
                ('worker', models.CharField(max_length=80)),
                ('since_at', models.DateTimeField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='at_work', to='close.closerun')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'partition_no'), name='partition_is_at_work_once')],
            },
        ),
    ]
