-- What is mounted in a folder inside a watched one has a root of its own, which belongs to the
-- place that it is mounted in. Those kept until now were the same in every place: they begin anew.
ALTER TABLE ledger_root ADD COLUMN outer_root INTEGER REFERENCES ledger_root (id) ON DELETE CASCADE;
DELETE FROM ledger_root WHERE real = x'' AND medium <> '' AND EXISTS (
    SELECT 1 FROM ledger_root AS around WHERE around.rule = ledger_root.rule
    AND substr(ledger_root.folder, 1, length(around.folder) + 1) = around.folder || '/'
);
