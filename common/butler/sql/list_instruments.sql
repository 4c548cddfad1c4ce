-- Names of the instruments.
SELECT name FROM instrument ORDER BY name
