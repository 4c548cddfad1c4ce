-- What lies in schema $1 text: is it a repository, how many other tables has it?
SELECT to_regclass(quote_ident($1) || '.butler_attributes') IS NOT NULL,
       (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'S'));
