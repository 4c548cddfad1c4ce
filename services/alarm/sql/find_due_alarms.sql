-- Alarms with a timer that has run out, in order of deadline. $1 now TAI ns
SELECT name FROM calbus.alarm WHERE next_deadline > 0 AND next_deadline <= $1::bigint ORDER BY next_deadline, name LIMIT 100
