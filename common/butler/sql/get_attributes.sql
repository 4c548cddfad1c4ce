-- Manager names and versions, and the dimension universe as "namespace version".
SELECT name, value FROM butler_attributes WHERE name <> 'config:dimensions.json'
UNION ALL
SELECT 'universe', (value::jsonb->>'namespace') || ' ' || (value::jsonb->>'version')
FROM butler_attributes WHERE name = 'config:dimensions.json';
