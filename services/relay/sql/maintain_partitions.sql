-- Partitions of the coming days, and those older than $1 days gone.
SELECT calbus.maintain_partitions($1::integer)
