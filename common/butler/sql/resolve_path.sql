-- $1 dataset_type_id, $2 names of collections text[]. One row, arrays: ids of those that are there; ids, whether they are
-- CALIBRATION and names of the members that have held the type, in search order (as sql/flatten_collections.sql has it);
-- then what this holds by: the chains, their links (parents, children) in order, and the members that have not held it.
WITH RECURSIVE root AS (
    SELECT c.collection_id AS id, n.n FROM unnest($2::text[]) WITH ORDINALITY n (name, n) JOIN collection c ON c.name = n.name
), walk (id, place, chains) AS (
    SELECT id, ARRAY[n::int], ARRAY[id] FROM root
    UNION ALL
    SELECT ch.child, w.place || ch.position::int, w.chains || ch.child
    FROM walk w JOIN collection_chain ch ON ch.parent = w.id
    WHERE NOT ch.child = ANY (w.chains)
), member AS (
    SELECT f.id, f.place, c.name, c.type, EXISTS (SELECT FROM collection_summary_dataset_type s
        WHERE s.collection_id = f.id AND s.dataset_type_id = $1) AS holds
    FROM (SELECT id, min(place) AS place FROM walk GROUP BY id) f JOIN collection c ON c.collection_id = f.id
), link AS (
    SELECT l.* FROM collection_chain l WHERE l.parent IN (SELECT id FROM member WHERE type = 3)
)
SELECT (SELECT array_agg(id ORDER BY n) FROM root),
       array_agg(id ORDER BY place) FILTER (WHERE holds AND type <> 3),
       array_agg(type = 4 ORDER BY place) FILTER (WHERE holds AND type <> 3),
       array_agg(name ORDER BY place) FILTER (WHERE holds AND type <> 3),
       array_agg(id) FILTER (WHERE type = 3),
       (SELECT array_agg(parent ORDER BY parent, position) FROM link),
       (SELECT array_agg(child ORDER BY parent, position) FROM link),
       array_agg(id) FILTER (WHERE NOT holds),
       (SELECT count(*) FROM root) = cardinality($2),
       bool_or(holds AND type NOT IN (3, 4)), bool_or(holds AND type = 4)
FROM member;
