-- Whether a verification is there. $1 run id
SELECT 1 FROM calbus.verification WHERE run_id = $1::uuid;
