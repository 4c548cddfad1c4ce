-- What holds from when, and who approved it, one line a proposal or a chain without one, newest first.
SELECT 'certified' AS section, '' AS subject,
       format('%s collection%s from %s, %s; %s', count(*), CASE count(*) WHEN 1 THEN '' ELSE 's' END,
              coalesce(to_char(to_timestamp(min(c.begin_tai) / 1e9) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || ' TAI',
                       'the beginning'),
              CASE WHEN bool_and(c.end_tai IS NULL) THEN 'open-ended'
                   ELSE 'until ' || to_char(to_timestamp(max(c.end_tai) / 1e9) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || ' TAI' END,
              CASE WHEN p.id IS NULL THEN 'not proposed yet'
                   WHEN p.state IN ('ACCEPTED', 'DEPLOYING', 'DEPLOYED')
                   THEN format('approved as %s by %s', coalesce(nullif(p.taxicab_ticket, ''), p.ticket), p.decided_by)
                   ELSE format('%s %s', coalesce(nullif(p.taxicab_ticket, ''), p.ticket), lower(p.state)) END) AS text
FROM calbus.certification AS c
LEFT JOIN calbus.proposal_item AS i ON i.request_id = c.request_id
LEFT JOIN calbus.proposal AS p ON p.id = i.proposal_id
GROUP BY p.id, c.ticket_chain
ORDER BY max(c.certified_at) DESC LIMIT 5
