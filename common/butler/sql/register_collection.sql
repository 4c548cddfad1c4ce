-- $1 name text, $2 type smallint, $3 doc text. One row when it is new.
INSERT INTO collection (collection_id, name, type, doc)
VALUES (nextval('collection_seq_collection_id'), $1, $2::smallint, $3)
ON CONFLICT DO NOTHING RETURNING collection_id;
