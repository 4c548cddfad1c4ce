-- $1 dataset's id text; dimensions of the group as an array.
SELECT t.id, t.name, t.storage_class, t.tag_association_table, t.calibration_association_table,
       (SELECT string_agg(d.dimension_name, ',') FROM dimension_graph_definition d
        WHERE d.dimension_graph_id = t.dimensions_key)
FROM dataset x JOIN dataset_type t ON t.id = x.dataset_type_id WHERE x.id = $1::uuid;
