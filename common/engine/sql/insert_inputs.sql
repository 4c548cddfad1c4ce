-- insert_inputs: $1 a JSON list
INSERT INTO calbus.quantum_input (quantum_id, ordinal, connection, dataset_type, dataset_id, run, detector, exposure,
                                  physical_filter, band)
SELECT x.quantum_id, x.ordinal, x.connection, x.dataset_type, x.dataset_id, x.run, x.detector, x.exposure,
       x.physical_filter, x.band
  FROM jsonb_to_recordset($1::jsonb) AS x(quantum_id uuid, ordinal int, connection text, dataset_type text,
       dataset_id uuid, run text, detector bigint, exposure bigint, physical_filter text, band text)
