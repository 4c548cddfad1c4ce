-- $1 file name  $2 SHA-256 of the file
INSERT INTO calbus.migration (name, sha256) VALUES ($1, $2)
