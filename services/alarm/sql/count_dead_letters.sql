-- Dead letters that nobody has looked after, by service, with the newest error.
SELECT service, count(*), (array_agg(error ORDER BY id DESC))[1] FROM calbus.dead_letter WHERE state = 'open'
 GROUP BY service
