"""The database itself refuses a prediction or suggestion for a case of a val or test patient (DESIGN §5.7)."""

from django.db import migrations

TABLES = ("suggestions_suggestion", "suggestions_caseprediction")
MESSAGE = "val and test patients are read blind: no prediction or suggestion may exist for them"
SIDE = (
    "SELECT 1 FROM cases_case c JOIN cases_splitassignment s ON s.id = c.split_id "
    "WHERE c.id = NEW.case_id AND s.side IN ('val', 'test')"
)


def _sqlite(table: str, event: str) -> str:
    name = f"{table}_refuse_reference_{event.split()[0].lower()}"
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN EXISTS ({SIDE}) "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    )


def _postgresql(table: str) -> list[str]:
    return [
        f"CREATE FUNCTION {table}_refuse_reference() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF EXISTS ({SIDE}) THEN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation'; END IF; "
        f"RETURN NEW; END $$",
        f"CREATE TRIGGER {table}_refuse_reference BEFORE INSERT OR UPDATE OF case_id ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse_reference()",
    ]


def _statements(vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [statement for table in TABLES for statement in _postgresql(table)]
    return [_sqlite(table, event) for table in TABLES for event in ("INSERT", "UPDATE OF case_id")]


def _undo(vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [f"DROP FUNCTION {table}_refuse_reference() CASCADE" for table in TABLES]
    events = ("insert", "update")
    return [f"DROP TRIGGER {table}_refuse_reference_{event}" for table in TABLES for event in events]


def forwards(apps, schema_editor):
    for statement in _statements(schema_editor.connection.vendor):
        schema_editor.execute(statement)


def backwards(apps, schema_editor):
    for statement in _undo(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("suggestions", "0001_initial"), ("cases", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
