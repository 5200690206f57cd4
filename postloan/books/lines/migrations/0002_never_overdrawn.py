"""
What the database holds of credit lines, whatever the code does.

A draw takes every line from the root down to its own (by an UPDATE, which also makes a transaction with an old snapshot
fail rather than count with it) and then counts: no line may be used beyond its limit of the day, or drawn on while it is
frozen, closed or expired. A draw keeps its line, amount and date; it moves from reserved to drawn or released, once.
Limits, states and prices are append-only; a line keeps its place in the tree. docs/rules/credit_lines.md.
"""

from typing import ClassVar

from django.db import migrations

from postloan.ground.audit.append_only import append_only

FIGURES = """
CREATE FUNCTION line_limit_minor(asked bigint, on_date date) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT amount_minor FROM lines_limitchange
                     WHERE line_id = asked AND kind = 'permanent' AND from_date <= on_date
                     ORDER BY from_date DESC, id DESC LIMIT 1), 0)
         + coalesce((SELECT sum(amount_minor)::bigint FROM lines_limitchange
                     WHERE line_id = asked AND kind = 'temporary' AND from_date <= on_date AND to_date > on_date), 0)
$$;
CREATE FUNCTION line_used_minor(asked bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE tree AS (
        SELECT asked AS id UNION ALL SELECT child.id FROM lines_creditline child JOIN tree ON child.parent_id = tree.id
    )
    SELECT coalesce(sum(CASE WHEN draw.state = 'reserved' THEN draw.amount_minor
                             WHEN loan.status = 'charged_off' THEN loan.principal_minor
                             ELSE loan.principal_outstanding_minor END), 0)::bigint
    FROM tree JOIN lines_drawdown draw ON draw.line_id = tree.id AND draw.state <> 'released'
    LEFT JOIN loans_loan loan ON loan.id = draw.loan_id
$$;
CREATE FUNCTION line_state(asked bigint, on_date date) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN on_date < line.opened_date OR on_date >= line.expires_date THEN 'not running'
                ELSE coalesce((SELECT state FROM lines_statechange WHERE line_id = asked AND from_date <= on_date
                               ORDER BY from_date DESC, id DESC LIMIT 1), 'open') END
    FROM lines_creditline line WHERE line.id = asked
$$;
CREATE FUNCTION line_path(asked bigint) RETURNS TABLE (line_id bigint, steps_up integer) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE path AS (
        SELECT id, parent_id, 0 AS steps_up FROM lines_creditline WHERE id = asked
        UNION ALL SELECT up.id, up.parent_id, path.steps_up + 1
        FROM lines_creditline up JOIN path ON up.id = path.parent_id
    )
    SELECT id, steps_up FROM path
$$;
"""
NO_FIGURES = """
DROP FUNCTION line_path(bigint); DROP FUNCTION line_state(bigint, date);
DROP FUNCTION line_used_minor(bigint); DROP FUNCTION line_limit_minor(bigint, date);
"""

GUARD_DRAWS = """
CREATE FUNCTION refuse_overdraw() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step record;
BEGIN
    IF NEW.state = 'released' THEN
        RETURN NULL;
    END IF;
    FOR step IN SELECT line_id FROM line_path(NEW.line_id) ORDER BY steps_up DESC LOOP
        UPDATE lines_creditline SET draws = draws + 1 WHERE id = step.line_id;
    END LOOP;
    FOR step IN SELECT line_id FROM line_path(NEW.line_id) ORDER BY steps_up LOOP
        IF line_state(step.line_id, NEW.reserved_date) <> 'open' THEN
            RAISE EXCEPTION 'line % is not open for draws on %', step.line_id, NEW.reserved_date
                USING ERRCODE = 'check_violation', CONSTRAINT = 'draw_needs_an_open_line';
        END IF;
        IF line_used_minor(step.line_id) > line_limit_minor(step.line_id, NEW.reserved_date) THEN
            RAISE EXCEPTION 'line % would be used beyond its limit', step.line_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'line_is_never_overdrawn';
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER line_is_never_overdrawn AFTER INSERT ON lines_drawdown
    FOR EACH ROW EXECUTE FUNCTION refuse_overdraw();

CREATE FUNCTION refuse_loan_of_another_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.loan_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM loans_loan loan JOIN lines_creditline line ON line.id = NEW.line_id
        WHERE loan.id = NEW.loan_id AND loan.customer_id = line.customer_id AND loan.currency = line.currency
          AND loan.principal_minor <= NEW.amount_minor
    ) THEN
        RAISE EXCEPTION 'draw % and loan % do not belong together', NEW.id, NEW.loan_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'draw_fits_its_loan';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER draw_fits_its_loan AFTER INSERT OR UPDATE OF loan_id ON lines_drawdown
    FOR EACH ROW EXECUTE FUNCTION refuse_loan_of_another_line();

CREATE FUNCTION refuse_change_of_draw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'draws are kept for ever: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'reserved' OR (OLD.line_id, OLD.amount_minor, OLD.reference, OLD.reserved_date)
            IS DISTINCT FROM (NEW.line_id, NEW.amount_minor, NEW.reference, NEW.reserved_date) THEN
        RAISE EXCEPTION 'draw % is settled once and keeps its line and amount', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'draw_is_settled_once';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER draw_is_settled_once BEFORE UPDATE ON lines_drawdown
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_draw();
CREATE TRIGGER draw_stays BEFORE DELETE OR TRUNCATE ON lines_drawdown
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_draw();
"""
NO_GUARD_OF_DRAWS = """
DROP FUNCTION refuse_change_of_draw() CASCADE;
DROP FUNCTION refuse_loan_of_another_line() CASCADE;
DROP FUNCTION refuse_overdraw() CASCADE;
"""

GUARD_LINES = """
CREATE FUNCTION refuse_move_of_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.parent_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM lines_creditline up
            WHERE up.id = NEW.parent_id AND up.customer_id = NEW.customer_id AND up.currency = NEW.currency
        ) THEN
            RAISE EXCEPTION 'a line stands under a line of the same customer and currency'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'line_shares_its_parents_customer';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'line % keeps its place, customer and dates', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'line_keeps_its_place';
END
$$;
CREATE TRIGGER line_shares_its_parents_customer BEFORE INSERT ON lines_creditline
    FOR EACH ROW EXECUTE FUNCTION refuse_move_of_line();
CREATE TRIGGER line_keeps_its_place
    BEFORE UPDATE OF id, parent_id, customer_id, product_id, currency, opened_date, expires_date ON lines_creditline
    FOR EACH ROW EXECUTE FUNCTION refuse_move_of_line();
CREATE TRIGGER line_stays BEFORE DELETE ON lines_creditline
    FOR EACH ROW EXECUTE FUNCTION refuse_move_of_line();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("lines", "0001_initial"), ("audit", "0002_append_only")]
    operations: ClassVar = [
        migrations.RunSQL(FIGURES, NO_FIGURES),
        migrations.RunSQL(GUARD_DRAWS, NO_GUARD_OF_DRAWS),
        migrations.RunSQL(GUARD_LINES, "DROP FUNCTION refuse_move_of_line() CASCADE"),
        migrations.RunSQL(*append_only(table="lines_limitchange")),
        migrations.RunSQL(*append_only(table="lines_statechange")),
        migrations.RunSQL(*append_only(table="lines_pricechange")),
    ]
