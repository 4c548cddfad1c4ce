-- insert_outputs: $1 a JSON list
INSERT INTO calbus.quantum_output (dataset_id, quantum_id, connection, dataset_type, detector, exposure,
                                   physical_filter, band)
SELECT x.dataset_id, x.quantum_id, x.connection, x.dataset_type, x.detector, x.exposure, x.physical_filter, x.band
  FROM jsonb_to_recordset($1::jsonb) AS x(dataset_id uuid, quantum_id uuid, connection text, dataset_type text,
       detector bigint, exposure bigint, physical_filter text, band text)
