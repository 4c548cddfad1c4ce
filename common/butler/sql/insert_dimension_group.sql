-- $1 dimension names text[]: a new group; its key.
WITH k AS (
    INSERT INTO dimension_graph_key (id) VALUES (nextval('dimension_graph_key_seq_id')) RETURNING id
), d AS (
    INSERT INTO dimension_graph_definition (dimension_graph_id, dimension_name)
    SELECT k.id, wanted.name FROM k, unnest($1::text[]) wanted (name)
)
SELECT id FROM k;
