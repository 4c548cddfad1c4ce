-- Alarms that are not nominal, severe ones first.
SELECT (ARRAY['NONE', 'WARNING', 'SERIOUS', 'CRITICAL'])[greatest(severity, max_severity)], state, name, reason,
       to_char(timestamp '1970-01-01' + make_interval(secs => severity_oldest / 1000000000), 'YYYY-MM-DD"T"HH24:MI:SS'),
       CASE WHEN acknowledged THEN acknowledged_by ELSE '' END
  FROM calbus.alarm_view WHERE state <> 'nominal'
 ORDER BY acknowledged, severity DESC, max_severity DESC, name LIMIT 200
