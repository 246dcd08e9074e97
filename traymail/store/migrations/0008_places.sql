-- What lies in a folder is remembered apart for each file system that is mounted there. The table
-- is made anew, since SQLite cannot change what is UNIQUE (see `migrate`).
CREATE TABLE ledger_root_anew (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    folder TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    real BLOB NOT NULL DEFAULT x'',  -- where the folder's path led, without links; x'': not known
    medium TEXT NOT NULL DEFAULT '',  -- the file system, and the folder in it; '': not known
    UNIQUE (rule, folder, medium)
);
INSERT INTO ledger_root_anew (id, rule, folder, started_at)
    SELECT id, rule, folder, started_at FROM ledger_root;
DROP TABLE ledger_root;
ALTER TABLE ledger_root_anew RENAME TO ledger_root;
