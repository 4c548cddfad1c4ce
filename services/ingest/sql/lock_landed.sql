-- One row when the claimed file is still ours. $1 path  $2 token
SELECT kept_as, dataset_id FROM calbus.landed_file WHERE path = $1 AND token = $2::bigint AND state = 'arrived' FOR UPDATE
