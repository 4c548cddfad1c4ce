-- The next number of an entity.  $1 entity
INSERT INTO calbus.sequence AS s (entity, value) VALUES ($1, 1)
ON CONFLICT (entity) DO UPDATE SET value = s.value + 1 RETURNING value
