-- The tests of a frame. $1 run id  $2 exposure  $3 detector  $4 tests: JSON [{amp, test, metric, unit, outcome, counts,
-- value, limit}], a value that is missing is null
INSERT INTO calbus.verification_test (run_id, exposure, detector, amp, test, metric, unit, outcome, counts, value,
                                      limit_value)
SELECT $1::uuid, $2, $3, t.amp, t.test, t.metric, t.unit, t.outcome, t.counts, t.value, t."limit"
  FROM jsonb_to_recordset($4::jsonb) AS t(amp text, test text, metric text, unit text, outcome text, counts boolean,
                                          value double precision, "limit" double precision)
ON CONFLICT DO NOTHING;
