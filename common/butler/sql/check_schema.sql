-- Is schema $1 text a repository's, and has the database what every butler needs?
SELECT to_regclass(quote_ident($1) || '.butler_attributes') IS NOT NULL,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist');
