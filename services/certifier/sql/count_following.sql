-- Sites that have yet to follow a change of ranges, and those that have followed. $1 proposal
SELECT (SELECT count(*) FROM calbus.site_range WHERE $1 = ANY (proposals) AND state <> 'APPLIED')
     + (SELECT count(*) FROM calbus.site_import AS i JOIN calbus.range_change AS c USING (rule_id)
         WHERE $1 = ANY (c.proposals) AND i.state <> 'IMPORTED' AND i.state <> 'CANCELLED')
