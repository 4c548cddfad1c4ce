-- Where a file that was set aside lies, and where it landed. $1 its name or its path
SELECT kept_as, path FROM calbus.landed_file
 WHERE state = 'rejected' AND ($1 IN (path, kept_as) OR right(path, length($1) + 1) = '/' || $1)
 ORDER BY finished_at DESC LIMIT 1
