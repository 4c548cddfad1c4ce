-- $1 regular expressions text[], $2 types smallint[].
SELECT collection_id, name, type, doc FROM collection
WHERE name ~ ANY ($1::text[]) AND type = ANY ($2::smallint[]) ORDER BY name;
