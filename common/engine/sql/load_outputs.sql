-- load_outputs: $1 quantum
SELECT connection, dataset_type, dataset_id, detector, exposure, physical_filter, band
  FROM calbus.quantum_output
 WHERE quantum_id = $1::uuid
