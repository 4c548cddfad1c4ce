-- Datasets of RUN collections with their files, in the repository's schema. $1 names of RUNs, newline separated, in order
SELECT t.name, c.name, d.id, f.path, t.storage_class, f.file_size
  FROM unnest(string_to_array($1, E'\n')) WITH ORDINALITY AS w(name, place)
  JOIN collection c ON c.name = w.name
  JOIN dataset d ON d.run_id = c.collection_id
  JOIN dataset_type t ON t.id = d.dataset_type_id
  LEFT JOIN file_datastore_records f ON f.dataset_id = d.id
 WHERE t.name ~* '^(verify)?(bias|dark|flat|defects|ptc)'
 ORDER BY w.place, t.name, f.path;
