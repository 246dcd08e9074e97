-- The outbox: mails, their files, what servers said, and what caps and accounts remember.
-- Times are integers: milliseconds since 1970, UTC.

CREATE TABLE mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL,
    dedupe_key TEXT UNIQUE,
    -- Not IN: SQLite would make a table of the words at each change of a mail, here and below.
    state TEXT NOT NULL
        CHECK (state = 'queued' OR state = 'sending' OR state = 'sent'
            OR state = 'failed' OR state = 'unknown' OR state = 'cancelled'),
    phase TEXT NOT NULL DEFAULT 'pre' CHECK (phase = 'pre' OR phase = 'data'),
    account TEXT NOT NULL,
    rule TEXT NOT NULL DEFAULT '',  -- '': sent by hand
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,  -- JSON: {"to": [[mailbox, name], ...], "cc": ..., "bcc": ...}
    pending TEXT NOT NULL,  -- JSON: mailboxes still to be served
    refused TEXT NOT NULL DEFAULT '[]',  -- JSON: [mailbox, code, reply, rule_id] refused for good
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
    rule_id TEXT,
    duration_ms INTEGER,
    possible_duplicate INTEGER NOT NULL DEFAULT 0,
    when_unsure TEXT NOT NULL,
    unsure INTEGER NOT NULL DEFAULT 0
);

-- Claiming the mail due first costs the same with ten and with a hundred thousand waiting.
CREATE INDEX mail_due ON mail (account, rule, next_attempt_at, id)
    WHERE state = 'queued' AND next_attempt_at IS NOT NULL;
CREATE INDEX mail_parked ON mail (account) WHERE state = 'queued' AND next_attempt_at IS NULL;
CREATE INDEX mail_open ON mail (state, account)
    WHERE state = 'queued' OR state = 'sending' OR state = 'failed' OR state = 'unknown';
CREATE INDEX mail_done ON mail (updated_at)
    WHERE state = 'sent' OR state = 'failed' OR state = 'cancelled';

-- Apart from mail, so that lists and claims do not read bodies.
CREATE TABLE content (
    mail_id INTEGER PRIMARY KEY REFERENCES mail (id) ON DELETE CASCADE,
    skeleton BLOB NOT NULL,
    text TEXT NOT NULL,
    html TEXT
);

CREATE TABLE attachment (
    mail_id INTEGER NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    place INTEGER NOT NULL,  -- the offset in the skeleton
    name TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    content BLOB,
    spool TEXT,  -- both NULL: no longer kept
    PRIMARY KEY (mail_id, position)
);
CREATE INDEX attachment_spool ON attachment (spool) WHERE spool IS NOT NULL;

CREATE TABLE attempt (
    mail_id INTEGER NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    stage TEXT NOT NULL,
    code INTEGER,
    reply TEXT NOT NULL
);
CREATE INDEX attempt_mail ON attempt (mail_id);

CREATE TABLE verdict (
    mail_id INTEGER NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    mailbox TEXT NOT NULL,
    code INTEGER NOT NULL,
    reply TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    PRIMARY KEY (mail_id, mailbox)
);

-- A mail entered its final phase: what caps count. Outlives the mail.
CREATE TABLE departure (
    at INTEGER NOT NULL,
    account TEXT NOT NULL,
    rule TEXT NOT NULL
);
CREATE INDEX departure_account ON departure (account, at);
CREATE INDEX departure_rule ON departure (rule, at) WHERE rule <> '';
CREATE INDEX departure_by_rules ON departure (at) WHERE rule <> '';
CREATE INDEX departure_at ON departure (at);

CREATE TABLE account_state (
    name TEXT PRIMARY KEY,
    stopped INTEGER NOT NULL,
    rule_id TEXT,
    code INTEGER,
    reply TEXT,
    connection TEXT NOT NULL,
    hold_until INTEGER,
    failures INTEGER NOT NULL,
    login_worked INTEGER NOT NULL
);

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
