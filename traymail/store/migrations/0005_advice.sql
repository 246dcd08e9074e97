-- "Rule" means a user's rule everywhere; what names an advice gets a name of its own.
ALTER TABLE mail RENAME COLUMN rule_id TO advice_id;
ALTER TABLE verdict RENAME COLUMN rule_id TO advice_id;
ALTER TABLE account_state RENAME COLUMN rule_id TO advice_id;
