-- The mails of one table, or to each of several recipients, are stored and looked for together.
ALTER TABLE mail ADD COLUMN batch INTEGER;  -- NULL: a mail by itself
CREATE INDEX mail_batch ON mail (batch, id) WHERE batch IS NOT NULL;
