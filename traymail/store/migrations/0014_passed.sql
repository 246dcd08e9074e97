-- What expires goes by the time that traymail has seen pass (store/passed.py), in ms, as the clock of
-- the day may jump. Whatever process ends a mail: this notes how much that was.
ALTER TABLE mail ADD COLUMN passed INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER mail_passed AFTER UPDATE OF state ON mail
WHEN NEW.state IN ('sent', 'partial', 'failed', 'cancelled')
BEGIN
    UPDATE mail SET passed = ifnull(
        (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'passed'), 0
    ) WHERE id = NEW.id;
END;
DROP INDEX moved_file_age;
ALTER TABLE moved_file DROP COLUMN moved_at;
ALTER TABLE moved_file ADD COLUMN passed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX moved_file_age ON moved_file (root, folder, passed);
