-- The ledger of folder rules: which files were handled, and what is still to be done with them.

-- A rule at work in a folder, since its first look at it.
CREATE TABLE ledger_root (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    folder TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    UNIQUE (rule, folder)
);

-- The latest file of each path, as it was when it was handled.
CREATE TABLE ledger_file (
    root INTEGER NOT NULL REFERENCES ledger_root (id) ON DELETE CASCADE,
    path BLOB NOT NULL,  -- relative to the folder; file names need not be text
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('skipped', 'posted', 'away', 'done')),
    sha256 TEXT,  -- NULL: never read
    mail_id INTEGER,
    goal TEXT,  -- state 'away': sent or failed
    PRIMARY KEY (root, path)
) WITHOUT ROWID;
CREATE INDEX ledger_mail ON ledger_file (mail_id) WHERE mail_id IS NOT NULL;
CREATE INDEX ledger_open ON ledger_file (root, state) WHERE state IN ('posted', 'away');

-- Every content that was mailed under a path.
CREATE TABLE ledger_content (
    root INTEGER NOT NULL REFERENCES ledger_root (id) ON DELETE CASCADE,
    path BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    mail_id INTEGER NOT NULL,
    PRIMARY KEY (root, path, sha256)
) WITHOUT ROWID;
CREATE INDEX ledger_content_mail ON ledger_content (mail_id);
