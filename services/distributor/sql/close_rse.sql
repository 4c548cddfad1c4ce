-- The storage element of a site that is switched off: nothing more is written there. $1 name  $2 site  $3 folder  $4 attributes
UPDATE calbus.rse SET availability_write = false, updated_at = now()
 WHERE name = $1 AND availability_write AND ($2::text, $3::text, $4::text) IS NOT NULL
