-- Names a command is about. $1 exact name, or a shell pattern made a LIKE pattern  $2 true: pattern
SELECT name, max_severity FROM calbus.alarm
 WHERE CASE WHEN $2::boolean THEN name LIKE $1 ESCAPE '\' ELSE name = $1 END ORDER BY name
