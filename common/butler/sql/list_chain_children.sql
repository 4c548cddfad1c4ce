-- $1 collection_id of the chain.
SELECT c.collection_id, c.name, c.type, c.doc FROM collection_chain ch JOIN collection c ON c.collection_id = ch.child
WHERE ch.parent = $1 ORDER BY ch.position;
