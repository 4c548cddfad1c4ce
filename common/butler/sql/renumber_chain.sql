-- $1 parent: take all members out and give them back as an array in their order, to be put in again from 0.
WITH old AS (
    DELETE FROM collection_chain WHERE parent = $1 RETURNING position, child
)
SELECT array_agg(child ORDER BY position) FROM old;
