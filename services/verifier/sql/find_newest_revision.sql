-- The newest revision of a set that was verified or is being. $1 set id
SELECT coalesce(max(revision), 0) FROM calbus.verification WHERE set_id = $1;
