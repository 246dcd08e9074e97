-- Whom the user has written to by hand: offered again when an address is typed.

CREATE TABLE person (
    mailbox TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    uses INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
);
