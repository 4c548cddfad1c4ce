-- Every counting test of every amplifier over the exposures. $1 run id
SELECT detector, amp, test, passed, failed, no_data FROM calbus.verification_cell
 WHERE run_id = $1::uuid AND counts ORDER BY detector, amp, test;
