-- What holds from when, and who approved it, one line a proposal or a chain without one, newest first. The ranges are
-- those of now; certifications of which nothing remains are counted apart.
SELECT 'certified' AS section, '' AS subject,
       format('%s collection%s%s%s; %s', count(*) FILTER (WHERE c.datasets > 0),
              CASE count(*) FILTER (WHERE c.datasets > 0) WHEN 1 THEN '' ELSE 's' END,
              CASE WHEN bool_and(c.datasets = 0) THEN ''
                   ELSE format(' from %s, %s%s',
                               CASE WHEN bool_or(c.begin_tai IS NULL) FILTER (WHERE c.datasets > 0) THEN 'the beginning'
                                    ELSE to_char(to_timestamp(min(c.begin_tai) FILTER (WHERE c.datasets > 0) / 1e9) AT TIME ZONE 'UTC',
                                                 'YYYY-MM-DD"T"HH24:MI:SS') || ' TAI' END,
                               CASE WHEN bool_or(c.end_tai IS NULL) FILTER (WHERE c.datasets > 0) THEN 'open-ended'
                                    ELSE 'until ' || to_char(to_timestamp(max(c.end_tai) FILTER (WHERE c.datasets > 0) / 1e9)
                                                             AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || ' TAI' END,
                               CASE WHEN max(c.ranges) > 1 OR count(DISTINCT (c.begin_tai, c.end_tai)) FILTER (WHERE c.datasets > 0) > 1
                                    THEN ', not all alike' ELSE '' END) END,
              CASE WHEN bool_or(c.datasets = 0)
                   THEN format(', %s decertified', count(*) FILTER (WHERE c.datasets = 0)) ELSE '' END,
              CASE WHEN p.id IS NULL THEN 'not proposed yet'
                   WHEN p.state IN ('ACCEPTED', 'DEPLOYING', 'DEPLOYED')
                   THEN format('approved as %s by %s', coalesce(nullif(p.taxicab_ticket, ''), p.ticket), p.decided_by)
                   ELSE format('%s %s', coalesce(nullif(p.taxicab_ticket, ''), p.ticket), lower(p.state)) END) AS text
FROM calbus.certification AS c
LEFT JOIN calbus.proposal_item AS i ON i.request_id = c.request_id
LEFT JOIN calbus.proposal AS p ON p.id = i.proposal_id
GROUP BY p.id, c.ticket_chain
ORDER BY max(c.certified_at) DESC LIMIT 5
