"""Frozen marks stay as they were: the database refuses to change or delete them (DESIGN §5.4, §5.5)."""

from django.db import migrations

TABLES = (
    "annotations_annotationversion",
    "annotations_segment",
    "annotations_segmentslice",
    "annotations_slicemask",
)
EVENTS = ("update", "delete")
MESSAGE = "frozen annotations are never changed or deleted; freeze a new version"


def _sqlite(table):
    return [
        f"CREATE TRIGGER {table}_refuse_{event} BEFORE {event.upper()} ON {table} FOR EACH ROW "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        for event in EVENTS
    ]


def _postgresql(table):
    return [
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation'; END $$",
        f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
    ]


def forwards(apps, schema_editor):
    make = _postgresql if schema_editor.connection.vendor == "postgresql" else _sqlite
    for table in TABLES:
        for statement in make(table):
            schema_editor.execute(statement)


def backwards(apps, schema_editor):
    for table in TABLES:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP FUNCTION {table}_refuse() CASCADE")
        else:
            for event in EVENTS:
                schema_editor.execute(f"DROP TRIGGER {table}_refuse_{event}")


class Migration(migrations.Migration):
    dependencies = [("annotations", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
