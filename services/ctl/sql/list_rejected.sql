-- Files that were set aside, newest first.
SELECT regexp_replace(path, '.*/', ''), site, kind, reason, kept_as,
       to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  FROM calbus.landed_file WHERE state = 'rejected' ORDER BY finished_at DESC
