-- Log rules: how far each has read which files, and what is held of its matches.

CREATE TABLE log_rule (
    rule TEXT PRIMARY KEY,
    globs TEXT NOT NULL DEFAULT '[]',  -- JSON: those that have been looked at first
    throttle TEXT  -- JSON: traymail.core.throttle_state
);

CREATE TABLE log_file (
    rule TEXT NOT NULL,
    file TEXT NOT NULL,  -- device:inode, which may use all of 64 bits
    path TEXT NOT NULL,
    position TEXT NOT NULL,  -- JSON: traymail.core.rotation.Position
    ended INTEGER NOT NULL,  -- 1: read to its end, remembered so that it is known again
    updated_at INTEGER NOT NULL,  -- milliseconds since 1970, UTC
    PRIMARY KEY (rule, file)
) WITHOUT ROWID;

CREATE INDEX log_file_ended ON log_file (rule, path, updated_at) WHERE ended = 1;
