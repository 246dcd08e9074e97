-- What was moved once it was sent, and where to: `keep_sent` deletes it, and nothing else.
CREATE TABLE moved_file (
    root INTEGER NOT NULL REFERENCES ledger_root (id) ON DELETE CASCADE,
    path BLOB NOT NULL,  -- the whole path that it got; file names need not be text
    folder BLOB NOT NULL,  -- the rule's folder for sent files, at that time
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    moved_at INTEGER NOT NULL,
    PRIMARY KEY (root, path)
) WITHOUT ROWID;
CREATE INDEX moved_file_age ON moved_file (root, folder, moved_at);
