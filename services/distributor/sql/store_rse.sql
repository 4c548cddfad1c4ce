-- A site's storage element, as it is configured. $1 name  $2 site  $3 folder  $4 attributes, JSON
INSERT INTO calbus.rse (name, site, folder, attributes) VALUES ($1, $2, $3, $4::jsonb)
ON CONFLICT (name) DO UPDATE
   SET site = EXCLUDED.site, folder = EXCLUDED.folder, attributes = calbus.rse.attributes || EXCLUDED.attributes,
       availability_write = true, updated_at = now()
