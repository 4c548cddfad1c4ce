-- $1 collection_id of a new RUN.
INSERT INTO run (collection_id, host, timespan) VALUES ($1, NULL, NULL);
