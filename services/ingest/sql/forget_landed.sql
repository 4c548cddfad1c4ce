-- Nothing lies there: another instance, or this one before a crash, has dealt with the file, and what it recorded holds;
-- or somebody took the file away. $1 path
UPDATE calbus.landed_file
   SET state = CASE WHEN dataset_id <> '' THEN 'ingested' WHEN kept_as <> '' THEN 'rejected' ELSE 'gone' END,
       finished_at = now(), lease_until = NULL
 WHERE path = $1
