-- The next number of the metric history; the row's lock is held to the end of the transaction.
UPDATE calbus.metric_counter SET last = last + 1 RETURNING last;
