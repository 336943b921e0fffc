/**
 * The ledger's batched statements. `$1` is a JSON list of items, numbered by `n`; each answers with rows that carry
 * `n`. One statement each, because there are no transactions.
 */

/**
 * Rows that are there are locked, judged and, where free, taken; the others are inserted. An item that finds its row
 * inserted by somebody else in that instant gets no answer and is tried again. $2: now, in ms.
 */
export const CLAIM = `-- claim
WITH item AS (
  SELECT * FROM json_to_recordset($1::json)
    AS t(n int, key text, source text, id text, unit text, type text, holder text, deadline bigint)
), found AS (
  SELECT item.n, item.unit AS wants, item.holder AS claimant, item.deadline AS until,
         l.seq, l.state, l.outcome, l.record, l.deadline
  FROM item JOIN vsmcp_ledger l ON l.key = item.key
  ORDER BY item.key FOR UPDATE OF l
), took AS (
  UPDATE vsmcp_ledger l
  SET state = CASE found.state WHEN 'called' THEN 'called' ELSE 'claimed' END,
      unit = found.wants, holder = found.claimant, deadline = found.until, attempt = l.attempt + 1, changed = $2::bigint
  FROM found
  WHERE l.seq = found.seq
    AND (found.state = 'given' OR (found.state IN ('claimed', 'called') AND found.deadline <= $2::bigint))
  RETURNING found.n, CASE found.state WHEN 'called' THEN 'called' ELSE 'again' END AS state, l.attempt
), fresh AS (
  INSERT INTO vsmcp_ledger (key, source, id, unit, type, state, holder, deadline, attempt, arrived, changed)
  SELECT key, source, id, unit, type, 'claimed', holder, deadline, 1, $2::bigint, $2::bigint FROM item
  WHERE NOT EXISTS (SELECT FROM found WHERE found.n = item.n)
  ORDER BY n
  ON CONFLICT (key) DO NOTHING
  RETURNING key, attempt
)
SELECT n, state, attempt, NULL::bigint AS deadline, NULL AS outcome, NULL AS record FROM took
UNION ALL
SELECT item.n, 'fresh', fresh.attempt, NULL, NULL, NULL FROM fresh JOIN item ON item.key = fresh.key
UNION ALL
SELECT found.n, CASE found.state WHEN 'settled' THEN 'settled' ELSE 'taken' END, NULL, found.deadline, found.outcome, found.record
FROM found WHERE NOT EXISTS (SELECT FROM took WHERE took.n = found.n)`;

/** Rows of events that are settled as soon as they are seen: those that are there already are left as they are. */
export const SETTLE_NEW = `-- settle new
WITH item AS (
  SELECT * FROM json_to_recordset($1::json)
    AS t(n int, key text, source text, id text, unit text, type text, holder text, outcome text, cause text, guard text, because text,
         record text, event text, replayable boolean, unsaid boolean)
), fresh AS (
  INSERT INTO vsmcp_ledger (key, source, id, unit, type, state, holder, deadline, attempt, outcome, cause, guard, because, record,
                            event, replayable, unsaid, arrived, changed)
  SELECT key, source, id, unit, type, 'settled', holder, $2::bigint, 1, outcome, cause, guard, because, record,
         event, replayable, unsaid, $2::bigint, $2::bigint FROM item
  ORDER BY n
  ON CONFLICT (key) DO NOTHING
  RETURNING key
)
SELECT item.n FROM fresh JOIN item ON item.key = fresh.key`;

const LOCK = `SELECT item.*, l.seq FROM item JOIN vsmcp_ledger l
  ON l.key = item.key AND l.attempt = item.attempt AND l.state IN ('claimed', 'called')
  ORDER BY item.key FOR UPDATE OF l`;

export const INTEND = `-- intend
WITH item AS (
  SELECT * FROM json_to_recordset($1::json) AS t(n int, key text, attempt int, deadline bigint)
), mine AS (${LOCK})
UPDATE vsmcp_ledger l SET state = 'called', deadline = mine.deadline, changed = $2::bigint
FROM mine WHERE l.seq = mine.seq RETURNING mine.n`;

export const SETTLE = `-- settle
WITH item AS (
  SELECT * FROM json_to_recordset($1::json)
    AS t(n int, key text, attempt int, unit text, outcome text, cause text, guard text, because text, record text, event text, replayable boolean, unsaid boolean)
), mine AS (${LOCK})
UPDATE vsmcp_ledger l
SET state = 'settled', outcome = mine.outcome, unit = mine.unit, cause = mine.cause, guard = mine.guard, because = mine.because,
    record = mine.record, event = mine.event, replayable = mine.replayable, unsaid = mine.unsaid, changed = $2::bigint
FROM mine WHERE l.seq = mine.seq RETURNING mine.n`;

/** An event that lives here has no message that comes again: given back, it waits as it did before. */
export const RELEASE = `-- release
WITH item AS (
  SELECT * FROM json_to_recordset($1::json) AS t(n int, key text, attempt int)
), mine AS (${LOCK})
UPDATE vsmcp_ledger l SET state = CASE WHEN l.replayable THEN 'settled' ELSE 'given' END, changed = $2::bigint
FROM mine WHERE l.seq = mine.seq RETURNING mine.n`;

export const SAID = `-- said
WITH item AS (
  SELECT * FROM json_to_recordset($1::json) AS t(n int, key text, attempt int)
), mine AS (
  SELECT item.*, l.seq FROM item JOIN vsmcp_ledger l ON l.key = item.key AND l.attempt = item.attempt AND l.unsaid
  ORDER BY item.key FOR UPDATE OF l
)
UPDATE vsmcp_ledger l SET unsaid = false FROM mine WHERE l.seq = mine.seq AND $2::bigint IS NOT NULL RETURNING mine.n`;
