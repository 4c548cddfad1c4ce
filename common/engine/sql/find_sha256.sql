-- find_sha256: of a dataset that calbus made. $1 dataset
SELECT sha256 FROM calbus.quantum_output WHERE dataset_id = $1::uuid AND written
