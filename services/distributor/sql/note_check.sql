-- What a check waits for. $1 check  $2 text
UPDATE calbus.deployment_check SET detail = $2 WHERE id = $1
