-- Where a publisher stands, locked against its twin. $1 publisher
INSERT INTO calbus.metric_cursor (publisher, sequence) VALUES ($1, 0)
ON CONFLICT (publisher) DO UPDATE SET sequence = calbus.metric_cursor.sequence
RETURNING sequence;
