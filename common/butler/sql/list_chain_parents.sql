-- $1 collection_id of the child.
SELECT c.collection_id, c.name, c.type, c.doc FROM collection_chain ch JOIN collection c ON c.collection_id = ch.parent
WHERE ch.child = $1 ORDER BY c.name;
