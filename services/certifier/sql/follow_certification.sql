-- What a certification has become. $1 request  $2 begin, NULL unbounded  $3 end, NULL open  $4 datasets  $5 ranges
UPDATE calbus.certification SET begin_tai = $2::bigint, end_tai = $3::bigint, datasets = $4::integer, ranges = $5::integer
 WHERE request_id = $1
