-- Where a publisher stands, locked against its twin; no row: it has not begun. $1 publisher
SELECT sequence FROM calbus.metric_cursor WHERE publisher = $1 FOR UPDATE;
