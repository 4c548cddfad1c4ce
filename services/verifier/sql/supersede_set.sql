-- Older revisions of a set no longer speak. $1 set id  $2 revision
UPDATE calbus.verification SET state = 'superseded', finished_at = coalesce(finished_at, now())
 WHERE set_id = $1 AND revision < $2 AND state <> 'superseded';
