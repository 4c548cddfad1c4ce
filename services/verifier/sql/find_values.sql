-- $1 sequence
SELECT name, amp, value, unit FROM calbus.metric_value WHERE sequence = $1 ORDER BY name, amp;
