-- $1 check  $2 verdict  $3 exposure  $4 detector  $5 processed  $6 detail  $7 fingerprint
UPDATE calbus.deployment_check
   SET verdict = $2, exposure = $3::bigint, detector = $4::integer, processed = $5, detail = $6, fingerprint = $7,
       checked_at = now()
 WHERE id = $1
