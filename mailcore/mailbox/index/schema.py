"""Tables of the index, one SQLite file per account beside its Maildir.

Everything here can be built again from the Maildir.  Message tables are split by who
reads them, so that a FETCH of 10,000 FLAGS walks small pages and one of 10,000 ENVELOPEs
walks only those.  The key of the split-off tables is `folder << 32 | uid`.
"""

VERSION = 1

TABLES = """
CREATE TABLE account (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE folders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    directory TEXT NOT NULL UNIQUE,
    uidvalidity INTEGER NOT NULL,
    uidnext INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    messages INTEGER NOT NULL DEFAULT 0,
    unseen INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    octets INTEGER NOT NULL DEFAULT 0,
    recent_from INTEGER NOT NULL DEFAULT 1,
    new_mtime INTEGER NOT NULL DEFAULT 0,
    cur_mtime INTEGER NOT NULL DEFAULT 0,
    scanned INTEGER NOT NULL DEFAULT 0,
    touched INTEGER NOT NULL DEFAULT 0,
    saved_modseq INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE messages (
    folder INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    keywords TEXT NOT NULL DEFAULT '',
    modseq INTEGER NOT NULL,
    size INTEGER NOT NULL,
    internal_date INTEGER NOT NULL,
    base TEXT NOT NULL,
    file_flags INTEGER NOT NULL,
    save_date INTEGER NOT NULL,
    email_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    PRIMARY KEY (folder, uid)
) WITHOUT ROWID;
CREATE INDEX messages_by_modseq ON messages (folder, modseq);
CREATE INDEX messages_by_date ON messages (folder, internal_date, uid);
CREATE UNIQUE INDEX messages_by_base ON messages (folder, base);
CREATE INDEX messages_by_keywords ON messages (folder, keywords) WHERE keywords != '';

CREATE TABLE envelopes (key INTEGER PRIMARY KEY, envelope BLOB NOT NULL);
CREATE TABLE structures (key INTEGER PRIMARY KEY, bodystructure BLOB NOT NULL);
CREATE TABLE headers (key INTEGER PRIMARY KEY, fields BLOB NOT NULL);
CREATE TABLE listings (
    key INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    from_ TEXT NOT NULL,
    to_ TEXT NOT NULL,
    cc TEXT NOT NULL,
    bcc TEXT NOT NULL,
    date INTEGER,
    sent_day INTEGER,
    preview TEXT NOT NULL,
    has_attachment INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    parents TEXT NOT NULL,
    sort_subject TEXT NOT NULL,
    sort_from TEXT NOT NULL,
    sort_to TEXT NOT NULL,
    sort_cc TEXT NOT NULL
);

CREATE TABLE expunged (
    folder INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    PRIMARY KEY (folder, modseq, uid)
) WITHOUT ROWID;

CREATE TABLE arrivals (
    token TEXT PRIMARY KEY,
    folder INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX arrivals_by_time ON arrivals (at);
"""
