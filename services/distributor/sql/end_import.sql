-- How an import ended. $1 import  $2 state  $3 datasets  $4 error
UPDATE calbus.site_import
   SET state = $2, datasets = $3::integer, error = $4, imported_at = CASE WHEN $2 = 'IMPORTED' THEN now() END
 WHERE id = $1
