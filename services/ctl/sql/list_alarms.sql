-- Alarms, unacknowledged and severe ones first. $1 true: nominal ones too  $2 only this state, or empty
SELECT (ARRAY['NONE', 'WARNING', 'SERIOUS', 'CRITICAL'])[severity], (ARRAY['NONE', 'WARNING', 'SERIOUS',
       'CRITICAL'])[max_severity], state, name, to_char(timestamp '1970-01-01' + make_interval(secs =>
       severity_oldest / 1000000000), 'YYYY-MM-DD"T"HH24:MI:SS'), CASE WHEN acknowledged THEN
       acknowledged_by ELSE '' END, muted_severity > 1, reason, sequence, labels::text
  FROM calbus.alarm_view
  WHERE ($1::boolean OR state <> 'nominal' OR $2 = 'nominal') AND ($2 = '' OR state = $2)
  ORDER BY acknowledged, severity DESC, max_severity DESC, name
