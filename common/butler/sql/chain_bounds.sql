-- $1 parent: first and last position.
SELECT coalesce(min(position), 0), coalesce(max(position), -1) FROM collection_chain WHERE parent = $1;
