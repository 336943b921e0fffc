/**
 * An event that goes down to a unit that is a system stays `called` with its event until that system says its outcome:
 * no message stands behind it any more, and past its deadline it goes down again.
 */

/** Batched; see writes.ts. */
export const DESCEND = `-- descend
WITH item AS (
  SELECT * FROM json_to_recordset($1::json) AS t(n int, key text, attempt int, unit text, deadline bigint, event text)
), mine AS (
  SELECT item.*, l.seq FROM item JOIN vsmcp_ledger l
    ON l.key = item.key AND l.attempt = item.attempt AND l.state IN ('claimed', 'called')
  ORDER BY item.key FOR UPDATE OF l
)
UPDATE vsmcp_ledger l
SET state = 'called', unit = mine.unit, deadline = mine.deadline, event = mine.event, replayable = true, changed = $2::bigint
FROM mine WHERE l.seq = mine.seq RETURNING mine.n`;

/** Batched. What is settled for good, or held with this very outcome, is not taken. */
export const RECALL = `-- recall
WITH item AS (
  SELECT * FROM json_to_recordset($1::json)
    AS t(n int, key text, unit text, outcome text, holder text, deadline bigint)
), pick AS (
  SELECT item.*, l.seq FROM item JOIN vsmcp_ledger l
    ON l.key = item.key AND l.unit = item.unit AND l.replayable
      AND (l.state IN ('claimed', 'called')
        OR (l.state = 'settled' AND l.outcome IN ('parked', 'dead', 'doubt', 'asked') AND l.outcome <> item.outcome))
  ORDER BY item.key FOR UPDATE OF l
)
UPDATE vsmcp_ledger l
SET state = CASE l.state WHEN 'settled' THEN 'claimed' ELSE l.state END,
    holder = pick.holder, deadline = pick.deadline, attempt = l.attempt + 1, changed = $2::bigint
FROM pick WHERE l.seq = pick.seq
RETURNING pick.n, l.seq, l.source, l.id, l.unit, l.type, l.attempt, l.event, l.arrived, l.state = 'called' AS called`;

/**
 * $1 JSON list of units with the instant (ms) before which an event must have arrived. Each half has an index of its
 * own.
 */
export const BELOW = `-- below
SELECT unit, sum(events)::int AS events, min(since) AS since FROM (
  SELECT l.unit, count(*) AS events, min(l.arrived) AS since
  FROM vsmcp_ledger l JOIN json_to_recordset($1::json) AS late(unit text, before bigint) ON late.unit = l.unit
  WHERE l.state = 'settled' AND l.outcome IN ('parked', 'dead', 'doubt', 'asked')
    AND l.outcome = 'parked' AND l.cause = 'below' AND l.arrived < late.before
  GROUP BY l.unit
  UNION ALL
  SELECT l.unit, count(*), min(l.arrived)
  FROM vsmcp_ledger l JOIN json_to_recordset($1::json) AS late(unit text, before bigint) ON late.unit = l.unit
  WHERE l.replayable AND l.state IN ('claimed', 'called') AND l.arrived < late.before
  GROUP BY l.unit
) either GROUP BY unit ORDER BY unit`;
