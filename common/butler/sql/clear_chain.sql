-- $1 parent, $2 children bigint[] to take out, NULL for all.
DELETE FROM collection_chain WHERE parent = $1 AND ($2::bigint[] IS NULL OR child = ANY ($2::bigint[]));
