-- $1 names text[]: their ids in the order given, each once; NULL for a name that is not there.
SELECT c.collection_id, i.name FROM (SELECT name, min(n) AS n FROM unnest($1::text[]) WITH ORDINALITY u (name, n)
                                     GROUP BY name) i
LEFT JOIN collection c ON c.name = i.name ORDER BY i.n;
