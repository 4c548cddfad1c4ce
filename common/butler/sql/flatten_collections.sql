-- $1 ids bigint[] in search order. Depth first, children by position; the place of a row is its path of positions.
-- A path never takes a chain twice, so that a cycle made by others ends.
WITH RECURSIVE walk (id, place, chains) AS (
    SELECT i.id, ARRAY[i.n::int], ARRAY[i.id] FROM unnest($1::bigint[]) WITH ORDINALITY i (id, n)
    UNION ALL
    SELECT ch.child, w.place || ch.position::int, w.chains || ch.child
    FROM walk w JOIN collection_chain ch ON ch.parent = w.id
    WHERE NOT ch.child = ANY (w.chains)
), first AS (
    SELECT id, min(place) AS place FROM walk GROUP BY id
)
SELECT c.collection_id, c.name, c.type, c.doc FROM first f JOIN collection c ON c.collection_id = f.id ORDER BY f.place;
