-- mark_output: a dataset is in the repository. $1 dataset $2 size_bytes $3 sha256
UPDATE calbus.quantum_output SET written = true, size_bytes = $2::bigint, sha256 = $3 WHERE dataset_id = $1::uuid
