-- Files that were set aside, newest first.
SELECT regexp_replace(path, '.*/', ''), kind, reason, kept_as
  FROM calbus.landed_file WHERE state = 'rejected' ORDER BY finished_at DESC LIMIT 60
