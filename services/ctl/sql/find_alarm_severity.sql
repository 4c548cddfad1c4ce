-- The level an alarm is shown at. $1 name
SELECT max_severity
  FROM calbus.alarm_view
  WHERE name = $1
