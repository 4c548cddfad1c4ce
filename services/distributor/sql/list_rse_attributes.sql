-- What RSE expressions may ask of each storage element; columns are attributes too.
SELECT r.name, a.key, a.value #>> '{}', jsonb_typeof(a.value) = 'boolean'
  FROM calbus.rse AS r
 CROSS JOIN LATERAL jsonb_each(r.attributes || jsonb_build_object(
        'rse_type', r.rse_type, 'deterministic', true, 'volatile', false, 'staging_area', false,
        'availability_write', r.availability_write, 'availability_read', true)) AS a
 ORDER BY r.name, a.key
