-- What was certified into a collection, by request and generation. $1 repository  $2 collection  $3 dataset type
SELECT request_id, generation_run FROM calbus.certification
 WHERE repository = $1 AND collection = $2 AND dataset_type = $3 ORDER BY request_id
