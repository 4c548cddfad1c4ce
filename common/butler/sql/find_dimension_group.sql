-- $1 dimension names text[]: the key of the group that is exactly this set.
SELECT k.id FROM dimension_graph_key k
WHERE (SELECT count(*) FROM dimension_graph_definition d WHERE d.dimension_graph_id = k.id) = cardinality($1::text[])
  AND NOT EXISTS (SELECT FROM unnest($1::text[]) wanted (name)
                  WHERE NOT EXISTS (SELECT FROM dimension_graph_definition d
                                    WHERE d.dimension_graph_id = k.id AND d.dimension_name = wanted.name))
ORDER BY k.id LIMIT 1;
