-- $1 ids of collections bigint[]. Names of the dataset types in their summaries and in those of chains' members, at any
-- depth.
WITH RECURSIVE member (id) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT ch.child FROM member m JOIN collection_chain ch ON ch.parent = m.id
)
SELECT DISTINCT t.name COLLATE "C" AS name
FROM member m JOIN collection_summary_dataset_type s ON s.collection_id = m.id JOIN dataset_type t ON t.id = s.dataset_type_id
ORDER BY name;
