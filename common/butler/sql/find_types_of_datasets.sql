-- $1 ids text[]: each id and its type's name, NULL when there is no such dataset; in their order.
SELECT i.id, t.name FROM unnest($1::text[]) WITH ORDINALITY i (id, n)
LEFT JOIN dataset d ON d.id = i.id::uuid LEFT JOIN dataset_type t ON t.id = d.dataset_type_id ORDER BY i.n;
