-- A change is told: a new sequence number and a line of history. $1 name  $2 now TAI ns  $3 what  $4 who
WITH told AS (
    UPDATE calbus.alarm SET sequence = nextval('calbus.alarm_sequence') WHERE name = $1
    RETURNING sequence, severity, max_severity, acknowledged, muted_severity, reason
)
INSERT INTO calbus.alarm_history (sequence, name, at_tai, what, who, severity, max_severity, acknowledged,
                                  muted_severity, reason)
SELECT sequence, $1, $2::bigint, $3, $4, severity, max_severity, acknowledged, muted_severity, reason FROM told
RETURNING sequence
