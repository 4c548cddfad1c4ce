-- The instruments that are registered, by name.
SELECT name FROM instrument ORDER BY name;
