-- $1 schema text: this transaction brings files.
SELECT pg_advisory_xact_lock_shared(hashtext('calbus arrivals'), hashtext($1));
