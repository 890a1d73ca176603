"""The index tables, which no model describes: FTS5 on SQLite, tsvector and GIN on PostgreSQL."""

from django.db import migrations

SQLITE = [
    """
    CREATE VIRTUAL TABLE search_fts USING fts5(
        kind UNINDEXED, day UNINDEXED, title, words, extra, pairs,
        tokenize = "unicode61 remove_diacritics 0"
    )
    """,
]
# No foreign key to the entries: a flush truncates the tables of models only and would stop at it.
POSTGRESQL = [
    """
    CREATE TABLE search_index (
        entry_id bigint PRIMARY KEY,
        kind varchar(40) NOT NULL,
        day varchar(10) NOT NULL,
        title tsvector NOT NULL,
        words tsvector NOT NULL,
        pairs tsvector NOT NULL
    )
    """,
    "CREATE INDEX search_index_title ON search_index USING gin (title)",
    "CREATE INDEX search_index_words ON search_index USING gin (words)",
    "CREATE INDEX search_index_pairs ON search_index USING gin (pairs)",
]


def forwards(apps, schema_editor):
    statements = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE
    for statement in statements:
        schema_editor.execute(statement)


def backwards(apps, schema_editor):
    name = "search_index" if schema_editor.connection.vendor == "postgresql" else "search_fts"
    schema_editor.execute(f"DROP TABLE {name}")


class Migration(migrations.Migration):

    dependencies = [("search", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
