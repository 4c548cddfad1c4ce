-- A publisher begins with the first record. One that is named "<transport>@<broker's incarnation>" and had another broker
-- before goes on where it was there, or goes back to the first record that the lost broker would still hold.
-- $1 publisher  $2 seconds that a broker holds a record
INSERT INTO calbus.metric_cursor (publisher, sequence)
SELECT $1, CASE WHEN max(c.sequence) IS NULL THEN 0
                ELSE least(max(c.sequence), (SELECT min(r.sequence) - 1 FROM calbus.metric_record r
                                              WHERE r.recorded_at > now() - make_interval(secs => $2::double precision)))
           END
  FROM calbus.metric_cursor c WHERE c.publisher LIKE split_part($1, '@', 1) || '@%'
ON CONFLICT (publisher) DO NOTHING;
