-- Is schema $1 text a repository's, has the database what every butler needs, and are files recorded?
SELECT to_regclass(quote_ident($1) || '.butler_attributes') IS NOT NULL,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist'),
       to_regclass(quote_ident($1) || '.file_datastore_records') IS NOT NULL;
