"""The database's own refusal to move a patient to another side, for SQLite and PostgreSQL.

A split may only be deleted once its project is gone: erasing a project deletes the project's row first.
"""

from __future__ import annotations

MESSAGE = "a split is written once: no patient moves to another side"
_SPLIT_COLUMNS = ("project_id", "split_key", "side", "block", "imported")
_CASE_COLUMNS = ("project_id", "patient_id", "study_id", "split_id")
_PROJECT_IS_THERE = "EXISTS (SELECT 1 FROM accounts_project WHERE id = OLD.project_id)"


def create(vendor: str) -> list[str]:
    """The statements that put the refusals in place."""
    return _create_postgresql() if vendor == "postgresql" else _create_sqlite()


def drop(vendor: str) -> list[str]:
    if vendor == "postgresql":
        return ["DROP FUNCTION cases_refuse_move() CASCADE", "DROP FUNCTION cases_refuse_split_delete() CASCADE"]
    names = ("cases_split_refuse_update", "cases_case_refuse_update", "cases_split_refuse_delete")
    return [f"DROP TRIGGER IF EXISTS {name}" for name in names]


def _changed(columns: tuple[str, ...], operator: str) -> str:
    return " OR ".join(f"OLD.{column} {operator} NEW.{column}" for column in columns)


def _create_sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    return [
        f"CREATE TRIGGER cases_split_refuse_update BEFORE UPDATE ON cases_splitassignment FOR EACH ROW "
        f"WHEN {_changed(_SPLIT_COLUMNS, 'IS NOT')} {refuse}",
        f"CREATE TRIGGER cases_case_refuse_update BEFORE UPDATE ON cases_case FOR EACH ROW "
        f"WHEN {_changed(_CASE_COLUMNS, 'IS NOT')} {refuse}",
        f"CREATE TRIGGER cases_split_refuse_delete BEFORE DELETE ON cases_splitassignment FOR EACH ROW "
        f"WHEN {_PROJECT_IS_THERE} {refuse}",
    ]


def _create_postgresql() -> list[str]:
    raise_it = f"RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation'"
    return [
        f"CREATE FUNCTION cases_refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {raise_it}; END $$",
        f"CREATE FUNCTION cases_refuse_split_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_PROJECT_IS_THERE} THEN {raise_it}; END IF; "
        f"RETURN OLD; END $$",
        f"CREATE TRIGGER cases_split_refuse_update BEFORE UPDATE ON cases_splitassignment FOR EACH ROW "
        f"WHEN ({_changed(_SPLIT_COLUMNS, 'IS DISTINCT FROM')}) EXECUTE FUNCTION cases_refuse_move()",
        f"CREATE TRIGGER cases_case_refuse_update BEFORE UPDATE ON cases_case FOR EACH ROW "
        f"WHEN ({_changed(_CASE_COLUMNS, 'IS DISTINCT FROM')}) EXECUTE FUNCTION cases_refuse_move()",
        "CREATE TRIGGER cases_split_refuse_delete BEFORE DELETE ON cases_splitassignment FOR EACH ROW "
        "EXECUTE FUNCTION cases_refuse_split_delete()",
    ]
