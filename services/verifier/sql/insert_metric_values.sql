-- $1 sequence  $2 values: JSON [{name, amp, unit, value}]; null is not a number
INSERT INTO calbus.metric_value (sequence, name, amp, value, unit)
SELECT $1, t.name, t.amp, coalesce(t.value, 'NaN'), t.unit
  FROM jsonb_to_recordset($2::jsonb) AS t(name text, amp text, unit text, value double precision);
