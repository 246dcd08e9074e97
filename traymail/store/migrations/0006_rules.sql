-- The rules of the configuration as last put in force: a rule with another name is known again.
CREATE TABLE known_rule (
    name TEXT PRIMARY KEY,
    position INTEGER,  -- its place in the configuration; NULL: taken out, while mail of it waits
    kind TEXT NOT NULL,
    place TEXT NOT NULL,  -- what it watches
    digest TEXT NOT NULL,
    max_per_hour INTEGER NOT NULL
);
