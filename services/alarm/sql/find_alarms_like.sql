-- Alarms of one rule over a product that are not nominal: the names begin with $1 (taken literally).
SELECT name FROM calbus.alarm WHERE left(name, length($1)) = $1 AND severity > 1 ORDER BY name
