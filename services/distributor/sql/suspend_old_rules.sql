-- Rules that were stuck for two weeks are left alone until somebody retries them. Source: rucio.md 9.
UPDATE calbus.rule SET state = 'SUSPENDED', updated_at = now()
 WHERE state = 'STUCK' AND stuck_at < now() - interval '14 days'
