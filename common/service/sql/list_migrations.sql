-- What was applied.
SELECT name, sha256 FROM calbus.migration ORDER BY name
