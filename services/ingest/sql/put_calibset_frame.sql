-- A frame of a set. $1 set  $2 exposure  $3 detector  $4 seq_num  $5 seq_start  $6 seq_end
INSERT INTO calbus.calibset_frame (set_id, exposure, detector, seq_num, seq_start, seq_end)
VALUES ($1, $2::bigint, $3::integer, $4::integer, $5::integer, $6::integer)
ON CONFLICT DO NOTHING
