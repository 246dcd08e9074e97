-- A mail that some recipients have while others were refused gets a state of its own. SQLite cannot
-- change a CHECK: the table is made anew, with what hangs on it left alone (see `migrate`).

CREATE TABLE mail_anew (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL,
    dedupe_key TEXT UNIQUE,
    state TEXT NOT NULL
        CHECK (state = 'queued' OR state = 'sending' OR state = 'sent' OR state = 'partial'
            OR state = 'failed' OR state = 'unknown' OR state = 'cancelled'),
    phase TEXT NOT NULL DEFAULT 'pre' CHECK (phase = 'pre' OR phase = 'data'),
    account TEXT NOT NULL,
    rule TEXT NOT NULL DEFAULT '',  -- '': sent by hand
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,  -- JSON: {"to": [[mailbox, name], ...], "cc": ..., "bcc": ...}
    pending TEXT NOT NULL,  -- JSON: mailboxes still to be served
    refused TEXT NOT NULL DEFAULT '[]',  -- JSON: [mailbox, code, reply, advice_id] refused for good
    subject TEXT NOT NULL,
    size INTEGER NOT NULL,
    files INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,  -- attempts of this round: since stored, or retried by hand
    since INTEGER,  -- the round's first attempt
    next_attempt_at INTEGER,
    code INTEGER,
    reply TEXT,
    advice_id TEXT,
    duration_ms INTEGER,
    possible_duplicate INTEGER NOT NULL DEFAULT 0,
    when_unsure TEXT NOT NULL,
    unsure INTEGER NOT NULL DEFAULT 0
);
INSERT INTO mail_anew SELECT * FROM mail;

-- Numbers once given are not given again.
DELETE FROM sqlite_sequence WHERE name = 'mail_anew';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'mail_anew', seq FROM sqlite_sequence WHERE name = 'mail';
DROP TABLE mail;
ALTER TABLE mail_anew RENAME TO mail;

CREATE INDEX mail_due ON mail (account, rule, next_attempt_at, id)
    WHERE state = 'queued' AND next_attempt_at IS NOT NULL;
CREATE INDEX mail_parked ON mail (account) WHERE state = 'queued' AND next_attempt_at IS NULL;
CREATE INDEX mail_open ON mail (state, account)
    WHERE state = 'queued' OR state = 'sending' OR state = 'partial' OR state = 'failed'
        OR state = 'unknown';
CREATE INDEX mail_done ON mail (updated_at)
    WHERE state = 'sent' OR state = 'partial' OR state = 'failed' OR state = 'cancelled';

UPDATE mail SET state = 'partial' WHERE state = 'failed'
    AND json_array_length(pending) + json_array_length(refused) < (
        SELECT count(DISTINCT json_extract(one.value, '$[0]'))
        FROM json_each(recipients) AS kind, json_each(kind.value) AS one
    );
