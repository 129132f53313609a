"""What can be searched, kept by the database itself: titles and topics of spaces, names of people."""

from alembic import op

revision = "0009"
down_revision = "0008"

SQLITE = (
    """CREATE TABLE search_documents (
        id INTEGER PRIMARY KEY, kind VARCHAR(16) NOT NULL, ref VARCHAR(40) NOT NULL, text TEXT NOT NULL,
        UNIQUE (kind, ref))""",
    """CREATE VIRTUAL TABLE search_fts USING fts5(
        text, content='search_documents', content_rowid='id',
        tokenize="unicode61 remove_diacritics 0", prefix='2 3')""",
    """CREATE TRIGGER search_documents_inserted AFTER INSERT ON search_documents BEGIN
        INSERT INTO search_fts(rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER search_documents_deleted AFTER DELETE ON search_documents BEGIN
        INSERT INTO search_fts(search_fts, rowid, text) VALUES ('delete', old.id, old.text); END""",
    """CREATE TRIGGER search_documents_updated AFTER UPDATE ON search_documents BEGIN
        INSERT INTO search_fts(search_fts, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO search_fts(rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TABLE space_topics (
        topic VARCHAR(30) NOT NULL, space_id VARCHAR(40) NOT NULL REFERENCES spaces(id) ON DELETE CASCADE,
        PRIMARY KEY (topic, space_id)) WITHOUT ROWID""",
)
SQLITE_SPACE = "new.title || ' ' || coalesce((SELECT group_concat(value, ' ') FROM json_each(new.topics)), '')"
SQLITE_PERSON = "new.handle || ' ' || new.display_name"
SQLITE_KEEP = "INSERT INTO search_documents(kind, ref, text) VALUES ('{kind}', new.id, {text}) "
SQLITE_KEEP += "ON CONFLICT (kind, ref) DO UPDATE SET text = excluded.text;"
SQLITE_TOPICS = "INSERT OR IGNORE INTO space_topics SELECT lower(value), new.id FROM json_each(new.topics);"

POSTGRESQL = (
    """CREATE TABLE search_documents (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind VARCHAR(16) NOT NULL, ref VARCHAR(40) NOT NULL,
        text TEXT NOT NULL, words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED,
        UNIQUE (kind, ref))""",
    "CREATE INDEX ix_search_documents_words ON search_documents USING GIN (words)",
    """CREATE TABLE space_topics (
        topic VARCHAR(30) NOT NULL, space_id VARCHAR(40) NOT NULL REFERENCES spaces(id) ON DELETE CASCADE,
        PRIMARY KEY (topic, space_id))""",
    """CREATE FUNCTION search_keep_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO search_documents(kind, ref, text) VALUES ('space', NEW.id, search_folded(NEW.title || ' ' ||
            coalesce((SELECT string_agg(value, ' ') FROM jsonb_array_elements_text(NEW.topics)), '')))
            ON CONFLICT (kind, ref) DO UPDATE SET text = excluded.text;
        DELETE FROM space_topics WHERE space_id = NEW.id;
        INSERT INTO space_topics SELECT lower(value COLLATE "C"), NEW.id FROM jsonb_array_elements_text(NEW.topics)
            ON CONFLICT DO NOTHING;
        RETURN NEW; END $$""",
    """CREATE FUNCTION search_keep_person() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO search_documents(kind, ref, text)
            VALUES ('person', NEW.id, search_folded(NEW.handle || ' ' || NEW.display_name))
            ON CONFLICT (kind, ref) DO UPDATE SET text = excluded.text;
        RETURN NEW; END $$""",
    """CREATE FUNCTION search_forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        DELETE FROM search_documents WHERE ref = OLD.id; RETURN OLD; END $$""",
    """CREATE TRIGGER search_spaces_kept AFTER INSERT OR UPDATE OF title, topics ON spaces
        FOR EACH ROW EXECUTE FUNCTION search_keep_space()""",
    """CREATE TRIGGER search_users_kept AFTER INSERT OR UPDATE OF handle, display_name ON users
        FOR EACH ROW EXECUTE FUNCTION search_keep_person()""",
    "CREATE TRIGGER search_spaces_forgotten AFTER DELETE ON spaces FOR EACH ROW EXECUTE FUNCTION search_forget()",
    "CREATE TRIGGER search_users_forgotten AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION search_forget()",
)
# Capitals of all scripts, whatever the database's own locale knows of; without ICU in PostgreSQL, what that one knows.
FOLDED = """CREATE FUNCTION search_folded(said TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS
    $$ SELECT lower(said{collation}) $$"""
HAS_ICU = "SELECT count(*) FROM pg_collation WHERE collname = 'und-x-icu'"
# Whatever was there before is kept by being touched.
TOUCH = ("UPDATE spaces SET title = title", "UPDATE users SET handle = handle")


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        has_icu = op.get_bind().exec_driver_sql(HAS_ICU).scalar()
        op.execute(FOLDED.format(collation=' COLLATE "und-x-icu"' if has_icu else ""))
    for statement in (*(_sqlite() if is_sqlite else POSTGRESQL), *TOUCH):
        op.execute(statement)


def _sqlite() -> list[str]:
    keep_space = SQLITE_KEEP.format(kind="space", text=SQLITE_SPACE)
    keep_person = SQLITE_KEEP.format(kind="person", text=SQLITE_PERSON)
    forget_topics = "DELETE FROM space_topics WHERE space_id = new.id;"
    made = list(SQLITE)
    for verb, on, doing in (
        ("spaces_kept_new", "AFTER INSERT ON spaces", f"{keep_space} {SQLITE_TOPICS}"),
        ("spaces_kept", "AFTER UPDATE OF title, topics ON spaces", f"{keep_space} {forget_topics} {SQLITE_TOPICS}"),
        ("spaces_forgotten", "AFTER DELETE ON spaces", "DELETE FROM search_documents WHERE ref = old.id;"),
        ("users_kept_new", "AFTER INSERT ON users", keep_person),
        ("users_kept", "AFTER UPDATE OF handle, display_name ON users", keep_person),
        ("users_forgotten", "AFTER DELETE ON users", "DELETE FROM search_documents WHERE ref = old.id;"),
    ):
        made.append(f"CREATE TRIGGER search_{verb} {on} BEGIN {doing} END")
    return made


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, verbs in (("spaces", ("kept_new", "kept", "forgotten")), ("users", ("kept_new", "kept", "forgotten"))):
        for verb in verbs:
            on = "" if is_sqlite else f" ON {table}"
            op.execute(f"DROP TRIGGER IF EXISTS search_{table}_{verb}{on}")
    if is_sqlite:
        op.execute("DROP TABLE search_fts")
    else:
        for name in ("search_keep_space()", "search_keep_person()", "search_forget()", "search_folded(TEXT)"):
            op.execute(f"DROP FUNCTION {name}")
    for name in ("search_documents", "space_topics"):
        op.execute(f"DROP TABLE {name}")
