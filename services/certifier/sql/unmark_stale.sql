-- Rows that are stale no longer: all but those named. $1 repository  $2 instrument  $3 types  $4 filters, side by side
DELETE FROM calbus.stale_calibration s
 WHERE repository = $1 AND instrument = $2
   AND NOT EXISTS (SELECT FROM unnest($3::text[], $4::text[]) AS still (dataset_type, physical_filter)
                    WHERE still.dataset_type = s.dataset_type AND still.physical_filter = s.physical_filter)
RETURNING dataset_type, physical_filter, collection, because_of
