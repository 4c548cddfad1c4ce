-- $1 publisher  $2 sequence
UPDATE calbus.metric_cursor SET sequence = $2 WHERE publisher = $1;
