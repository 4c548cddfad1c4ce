-- Was this event put by the transaction that runs now?  $1 ce_id
SELECT FROM calbus.outbox WHERE ce_id = $1::uuid AND tx = txid_current()
