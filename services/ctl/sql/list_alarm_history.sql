-- What happened to an alarm. $1 name
SELECT sequence, to_char(timestamp '1970-01-01' + make_interval(secs => at_tai / 1000000000),
       'YYYY-MM-DD"T"HH24:MI:SS'), what, who, (ARRAY['NONE', 'WARNING', 'SERIOUS', 'CRITICAL'])[severity],
       acknowledged, reason
  FROM calbus.alarm_history
  WHERE name = $1
  ORDER BY sequence
