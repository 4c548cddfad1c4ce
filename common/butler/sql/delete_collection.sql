-- $1 collection_id; tags, certifications, summaries and its own chain rows go with it.
DELETE FROM collection WHERE collection_id = $1;
