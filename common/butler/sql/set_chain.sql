-- $1 parent, $2 children bigint[] in their order, $3 position of the first.
INSERT INTO collection_chain (parent, position, child)
SELECT $1::bigint, ($3::int + i.n - 1)::smallint, i.id FROM unnest($2::bigint[]) WITH ORDINALITY i (id, n);
