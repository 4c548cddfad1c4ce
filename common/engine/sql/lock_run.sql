-- lock_run: keep a run to ourselves until the end of the transaction. $1 id
SELECT state FROM calbus.run WHERE id = $1::uuid FOR UPDATE
