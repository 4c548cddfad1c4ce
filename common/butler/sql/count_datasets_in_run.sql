-- $1 run text, $2 dataset type text. How many datasets of the type the RUN has.
SELECT count(*) FROM dataset d JOIN collection c ON c.collection_id = d.run_id
JOIN dataset_type t ON t.id = d.dataset_type_id WHERE c.name = $1 AND t.name = $2;
