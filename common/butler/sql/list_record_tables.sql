-- The repositories of this database that may be read: the table of each that records files.
SELECT quote_ident(n.nspname) || '.file_datastore_records', n.nspname = current_schema()
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = 'file_datastore_records' AND c.relkind = 'r'
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1;
