-- The folder itself, by its number: another one may be put in its place.
ALTER TABLE ledger_root ADD COLUMN inode INTEGER;  -- NULL: not known yet
