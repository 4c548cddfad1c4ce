-- Manager names and versions, the dimension universe as "namespace version" (its configuration is parsed once), and by the
-- names extension and table what else of the database and the schema is there.
SELECT name, value FROM butler_attributes WHERE name <> 'config:dimensions.json'
UNION ALL
SELECT 'universe', (d.config->>'namespace') || ' ' || (d.config->>'version')
FROM (SELECT value::jsonb AS config FROM butler_attributes WHERE name = 'config:dimensions.json' OFFSET 0) d
UNION ALL
SELECT 'extension', extname::text FROM pg_extension WHERE extname = 'btree_gist'
UNION ALL
SELECT 'table', 'file_datastore_records' WHERE to_regclass('file_datastore_records') IS NOT NULL;
