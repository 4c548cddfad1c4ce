-- Changes of ranges that are raised and of which every receiver has been told.
SELECT a.name, a.labels::text FROM calbus.alarm AS a
 WHERE a.name LIKE 'ValidityChanged.%' AND a.severity > 1
   AND NOT EXISTS (SELECT FROM calbus.alarm_delivery AS d WHERE d.name = a.name AND d.wanted > d.delivered)
 ORDER BY a.name
