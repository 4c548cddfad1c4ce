-- How many ranges a request has changed. $1 request
SELECT count(*) FROM calbus.recertification WHERE request_id = $1
