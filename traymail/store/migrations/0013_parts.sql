-- A mail that leaves in several messages (the text, then each file): how many of them are taken.
ALTER TABLE mail ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mail ADD COLUMN parts_of INTEGER NOT NULL DEFAULT 0;  -- of how many; 0: it leaves as one
