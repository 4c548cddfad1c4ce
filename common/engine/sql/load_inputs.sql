-- load_inputs: $1 quantum
SELECT connection, dataset_type, dataset_id, run, detector, exposure, physical_filter, band
  FROM calbus.quantum_input
 WHERE quantum_id = $1::uuid
 ORDER BY ordinal
