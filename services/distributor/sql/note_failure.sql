-- An attempt of a transfer failed. $1 transfer  $2 source  $3 error
UPDATE calbus.transfer SET attempts = attempts + 1, source_rse = $2, error = $3 WHERE id = $1
