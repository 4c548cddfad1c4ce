-- Storage elements.
SELECT name, availability_write FROM calbus.rse ORDER BY name
