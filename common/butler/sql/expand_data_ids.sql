-- What a file template needs to know of n data IDs. Arrays: $1 instrument text, $2 detector bigint, $3 exposure bigint,
-- $4 visit bigint, $5 physical_filter text; NULL where a data ID has no such dimension.
SELECT ins.name, d.full_name, e.obs_id, coalesce(e.day_obs, v.day_obs),
       coalesce(i.physical_filter, e.physical_filter, v.physical_filter), f.band, e."group",
       i.detector IS NOT NULL AND d.id IS NULL, i.exposure IS NOT NULL AND e.id IS NULL,
       i.visit IS NOT NULL AND v.id IS NULL, i.physical_filter IS NOT NULL AND f.name IS NULL,
       i.instrument IS NOT NULL AND ins.name IS NULL
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) WITH ORDINALITY
     i (instrument, detector, exposure, visit, physical_filter, n)
LEFT JOIN instrument ins ON ins.name = i.instrument
LEFT JOIN detector d ON d.instrument = i.instrument AND d.id = i.detector
LEFT JOIN exposure e ON e.instrument = i.instrument AND e.id = i.exposure
LEFT JOIN visit v ON v.instrument = i.instrument AND v.id = i.visit
LEFT JOIN physical_filter f
       ON f.instrument = i.instrument AND f.name = coalesce(i.physical_filter, e.physical_filter, v.physical_filter)
ORDER BY i.n;
