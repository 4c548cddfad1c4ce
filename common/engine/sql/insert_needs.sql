-- insert_needs: $1 a JSON list of pairs
INSERT INTO calbus.quantum_needs (quantum_id, needs_id)
SELECT x.quantum_id, x.needs_id FROM jsonb_to_recordset($1::jsonb) AS x(quantum_id uuid, needs_id uuid)
