"""
SQL that makes a table append-only: the database itself refuses UPDATE, DELETE and TRUNCATE.

Migrations of any app use it. The triggers fire once a statement, so bulk
inserts pay nothing. Every trigger of this kind is named `append_only`, which is
how tests that must empty tables find them.
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$
"""
DROP_REFUSE_CHANGE = "DROP FUNCTION refuse_change()"


def append_only(*, table: str) -> tuple[str, str]:
    """Return the SQL that protects `table` and the SQL that lifts the protection, for migrations.RunSQL."""
    protect = (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    return protect, f"DROP TRIGGER append_only ON {table}"
