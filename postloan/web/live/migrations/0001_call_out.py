"""
Call out when a close or an import moves on, once a statement.

Only tables written a few times a minute call: a call in every transaction makes them commit one after the other.
Messages are looked at every two seconds instead (postloan/web/live/hub.py).
"""

from django.db import migrations

CALL = """
CREATE FUNCTION live_call_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('postloan_live', TG_ARGV[0]);
    RETURN NULL;
END
$$;
CREATE TRIGGER live_call_of_run AFTER INSERT OR UPDATE ON close_closerun
    FOR EACH STATEMENT EXECUTE FUNCTION live_call_out('close');
CREATE TRIGGER live_call_of_partition AFTER INSERT ON close_closepartition
    FOR EACH STATEMENT EXECUTE FUNCTION live_call_out('close');
CREATE TRIGGER live_call_of_import AFTER INSERT ON loans_importbatch
    FOR EACH STATEMENT EXECUTE FUNCTION live_call_out('imports');
"""
SILENCE = """
DROP TRIGGER live_call_of_run ON close_closerun;
DROP TRIGGER live_call_of_partition ON close_closepartition;
DROP TRIGGER live_call_of_import ON loans_importbatch;
DROP FUNCTION live_call_out();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("close", "0002_passes_progress_alarms"),
        ("loans", "0003_import_batch"),
    ]

    operations = [migrations.RunSQL(CALL, SILENCE)]
