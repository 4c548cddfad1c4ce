-- $1 table text: is it more than twice as large as when its statistics were last taken?
SELECT pg_relation_size(c.oid) / current_setting('block_size')::bigint > 2 * greatest(c.relpages, 0) + 8
FROM pg_class c WHERE c.oid = to_regclass(quote_ident($1));
