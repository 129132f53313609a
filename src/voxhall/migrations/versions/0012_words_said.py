"""What was said can be searched: a document for each segment of a transcript, kept by the database itself."""

from alembic import op

revision = "0012"
down_revision = "0011"

# An id of its own: SQLite numbers rows without one anew when it tidies up, and the index would point elsewhere.
SQLITE = (
    """CREATE TABLE search_said (
        id INTEGER PRIMARY KEY, space_id VARCHAR(40) NOT NULL, participant_id VARCHAR(40) NOT NULL,
        start_ms INTEGER NOT NULL, language VARCHAR(10) NOT NULL, text TEXT NOT NULL,
        UNIQUE (space_id, participant_id, start_ms))""",
    """CREATE VIRTUAL TABLE search_said_fts USING fts5(
        text, content='search_said', content_rowid='id',
        tokenize="unicode61 remove_diacritics 0", prefix='2 3')""",
    """CREATE TRIGGER search_said_inserted AFTER INSERT ON search_said BEGIN
        INSERT INTO search_said_fts(rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER search_said_deleted AFTER DELETE ON search_said BEGIN
        INSERT INTO search_said_fts(search_said_fts, rowid, text) VALUES ('delete', old.id, old.text); END""",
    """CREATE TRIGGER search_segments_kept AFTER INSERT ON transcript_segments BEGIN
        INSERT OR IGNORE INTO search_said(space_id, participant_id, start_ms, language, text)
        VALUES (new.space_id, new.participant_id, new.start_ms, new.language,
            coalesce((SELECT group_concat(json_extract(value, '$.t'), ' ') FROM json_each(new.words)), '')); END""",
    """CREATE TRIGGER search_segments_forgotten AFTER DELETE ON transcript_segments BEGIN
        DELETE FROM search_said WHERE space_id = old.space_id AND participant_id = old.participant_id
            AND start_ms = old.start_ms; END""",
    """INSERT INTO search_said(space_id, participant_id, start_ms, language, text)
        SELECT space_id, participant_id, start_ms, language,
            coalesce((SELECT group_concat(json_extract(value, '$.t'), ' ') FROM json_each(words)), '')
        FROM transcript_segments""",
)
POSTGRESQL = (
    """CREATE FUNCTION search_said_text(words JSONB) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
        SELECT search_folded(coalesce(string_agg(word ->> 't', ' ' ORDER BY place), ''))
        FROM jsonb_array_elements(words) WITH ORDINALITY AS spoken(word, place) $$""",
    """CREATE TABLE search_said (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, space_id VARCHAR(40) NOT NULL,
        participant_id VARCHAR(40) NOT NULL, start_ms INTEGER NOT NULL, language VARCHAR(10) NOT NULL,
        text TEXT NOT NULL, words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED,
        UNIQUE (space_id, participant_id, start_ms))""",
    "CREATE INDEX ix_search_said_words ON search_said USING GIN (words)",
    """CREATE FUNCTION search_keep_said() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO search_said(space_id, participant_id, start_ms, language, text)
            VALUES (NEW.space_id, NEW.participant_id, NEW.start_ms, NEW.language, search_said_text(NEW.words))
            ON CONFLICT DO NOTHING;
        RETURN NEW; END $$""",
    """CREATE FUNCTION search_forget_said() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        DELETE FROM search_said WHERE space_id = OLD.space_id AND participant_id = OLD.participant_id
            AND start_ms = OLD.start_ms;
        RETURN OLD; END $$""",
    """CREATE TRIGGER search_segments_kept AFTER INSERT ON transcript_segments
        FOR EACH ROW EXECUTE FUNCTION search_keep_said()""",
    """CREATE TRIGGER search_segments_forgotten AFTER DELETE ON transcript_segments
        FOR EACH ROW EXECUTE FUNCTION search_forget_said()""",
    """INSERT INTO search_said(space_id, participant_id, start_ms, language, text)
        SELECT space_id, participant_id, start_ms, language, search_said_text(words)
        FROM transcript_segments""",
)


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for verb in ("kept", "forgotten"):
        op.execute(f"DROP TRIGGER search_segments_{verb}" + ("" if is_sqlite else " ON transcript_segments"))
    if is_sqlite:
        op.execute("DROP TABLE search_said_fts")
        op.execute("DROP TABLE search_said")
    else:
        op.execute("DROP TABLE search_said")
        for name in ("search_keep_said()", "search_forget_said()", "search_said_text(JSONB)"):
            op.execute(f"DROP FUNCTION {name}")
