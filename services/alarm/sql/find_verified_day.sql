-- The night that spoke last on a product. $1 instrument  $2 type  $3 filter
SELECT day_obs FROM calbus.alarm_verified WHERE instrument = $1 AND calib_type = $2 AND physical_filter = $3
