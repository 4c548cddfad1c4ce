-- Is a collection certified, but yet to be accepted by the board? $1 repository  $2 collection
SELECT request_id FROM calbus.certification WHERE repository = $1 AND collection = $2 AND awaits_consent LIMIT 1
