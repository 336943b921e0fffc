/** Statements on events that wait, many rows each. Oldest means first arrived. */

const WAITS = `state = 'settled' AND outcome IN ('parked', 'dead', 'doubt', 'asked')`;

/** $1 reason or null, $2 type, $3 source, $4 id. */
const FILTER = `${WAITS} AND ($1::text IS NULL OR outcome = $1) AND ($2::text IS NULL OR type = $2)
  AND ($3::text IS NULL OR source = $3) AND ($4::text IS NULL OR id = $4)`;

const BACK = `RETURNING l.seq, l.source, l.id, l.unit, l.type, l.attempt, l.event`;

const reclaim = (types: string): string => `-- reclaim
WITH pick AS (
  SELECT seq FROM vsmcp_ledger
  WHERE ${WAITS} AND outcome = $1 AND replayable AND ${types}
    AND ($3::text IS NULL OR source = $3) AND ($4::text IS NULL OR id = $4)
    AND ($9::json IS NULL OR cause IN (SELECT json_array_elements_text($9::json)))
    AND ($10::bigint IS NULL OR changed < $10::bigint)
    AND ($11::text IS NULL OR guard IS DISTINCT FROM $11)
  ORDER BY seq LIMIT $7::int FOR UPDATE SKIP LOCKED
)
UPDATE vsmcp_ledger l
SET state = 'claimed', holder = $5, deadline = $6::bigint, attempt = l.attempt + 1, changed = $8::bigint
FROM pick WHERE l.seq = pick.seq ${BACK}, false AS called`;

const AMONG = `type = ANY (ARRAY(SELECT json_array_elements_text($2::json)))`;

/**
 * $1 reason, $2 JSON list of types or null, $3 source, $4 id, $5 holder, $6 deadline, $7 limit, $8 now, $9 causes or
 * null, $10 before or null, $11 hash of the guard whose events are left, or null.
 */
export const RECLAIM = reclaim('$2::json IS NULL');
/** The same with types: an index finds them only when there is no way out of looking at their column. */
export const RECLAIM_TYPES = reclaim(AMONG);

/** $1 holder, $2 now, $3 deadline, $4 limit. */
export const ABANDONED = `-- abandoned
WITH pick AS (
  SELECT seq FROM vsmcp_ledger
  WHERE replayable AND state IN ('claimed', 'called') AND deadline <= $2::bigint
  ORDER BY seq LIMIT $4::int FOR UPDATE SKIP LOCKED
)
UPDATE vsmcp_ledger l SET holder = $1, deadline = $3::bigint, attempt = l.attempt + 1, changed = $2::bigint
FROM pick WHERE l.seq = pick.seq ${BACK}, l.state = 'called' AS called`;

/**
 * $5 limit, $6 outcome, $7 because, $8 now. The record is the outcome as it is published, and again when the event
 * comes again.
 */
export const DISMISS = `-- dismiss
WITH pick AS (SELECT seq FROM vsmcp_ledger WHERE ${FILTER} ORDER BY seq LIMIT $5::int FOR UPDATE SKIP LOCKED)
UPDATE vsmcp_ledger l
SET outcome = $6, because = $7, cause = NULL, guard = NULL, event = NULL, replayable = false, unsaid = true, changed = $8::bigint,
    record = json_build_object('event', json_build_object('source', l.source, 'id', l.id, 'type', l.type),
      'unit', l.unit, 'outcome', $6::text, 'reason', $7::text, 'instance', l.holder)::text
FROM pick WHERE l.seq = pick.seq RETURNING l.seq, l.source, l.id, l.unit, l.type, l.attempt`;

/** $1 before, $2 limit. */
export const UNSAID = `-- unsaid
SELECT source, id, unit, attempt, record FROM vsmcp_ledger WHERE unsaid AND changed < $1::bigint ORDER BY changed LIMIT $2::int`;

/** $1 JSON list of keys. */
export const FIND = `-- find
SELECT source, id, unit, CASE WHEN state = 'settled' THEN outcome END AS outcome, attempt
FROM vsmcp_ledger WHERE key = ANY (ARRAY(SELECT json_array_elements_text($1::json)))`;

/** $1 key. */
export const SETTLED = `-- settled
SELECT seq FROM vsmcp_ledger WHERE key = $1 AND state = 'settled'`;

/** $1 JSON list of units. */
export const DOUBTFUL = `-- doubtful
SELECT DISTINCT unit FROM vsmcp_ledger
WHERE ${WAITS} AND outcome = 'doubt' AND unit = ANY (ARRAY(SELECT json_array_elements_text($1::json)))`;

export const HELD = `-- held
SELECT source, id, unit, type, outcome, because, attempt, changed, event
FROM vsmcp_ledger WHERE ${FILTER} ORDER BY seq LIMIT $5::int`;

export const HELD_TOTAL = `-- held total
SELECT count(*)::int AS total FROM vsmcp_ledger WHERE ${FILTER}`;

/** Rows among which outcomes are looked for: no index has them by time, and nobody waits long for a list. */
const LATEST = 20_000;

/** $1 outcome or null, $2 type, $3 id or what it begins with up to a colon, $4 limit. */
export const OUTCOMES = `-- outcomes
SELECT record, changed FROM (SELECT * FROM vsmcp_ledger ORDER BY seq DESC LIMIT ${LATEST}) latest
WHERE state = 'settled' AND record IS NOT NULL
  AND ($1::text IS NULL OR outcome = $1) AND ($2::text IS NULL OR type = $2)
  AND ($3::text IS NULL OR id = $3 OR starts_with(id, $3 || ':'))
ORDER BY changed DESC, seq DESC LIMIT $4::int`;

const kinds = (which: string): string => `-- kinds
SELECT type, unit, cause, count(*)::int AS events, min(arrived) AS since,
  CASE WHEN count(guard) = count(*) AND min(guard COLLATE "C") = max(guard COLLATE "C")
    THEN min(guard COLLATE "C") END AS guard
FROM vsmcp_ledger WHERE ${WAITS} AND outcome = 'parked' AND ${which}
GROUP BY type, unit, cause ORDER BY type LIMIT $1::int`;

/** $1 limit, $2 the type after which it begins. */
export const KINDS = kinds('type > $2');
/** $1 limit, $2 JSON list of types. */
export const KINDS_OF = kinds(AMONG);

/**
 * $1 JSON list of kinds, numbered by `n`; $2 samples. Answers with the newest events of each, and why the last of them
 * waits.
 */
export const SAMPLES = `-- samples
SELECT kind.n, sample.events AS samples, sample.because
FROM json_to_recordset($1::json) AS kind(n int, type text, unit text, cause text)
CROSS JOIN LATERAL (
  SELECT json_agg(event ORDER BY seq DESC) AS events, (array_agg(because ORDER BY seq DESC))[1] AS because FROM (
    SELECT seq, event, because FROM vsmcp_ledger l
    WHERE ${WAITS} AND outcome = 'parked' AND l.type = kind.type AND l.unit = kind.unit
      AND l.cause IS NOT DISTINCT FROM kind.cause
    ORDER BY seq DESC LIMIT greatest($2::int, 1)
  ) newest
) sample
ORDER BY kind.n`;

export const ACCOUNT = `-- account
SELECT outcome, sum(events)::bigint AS events FROM (
  SELECT CASE WHEN state = 'settled' THEN outcome END AS outcome, count(*) AS events FROM vsmcp_ledger GROUP BY 1
  UNION ALL
  SELECT outcome, events FROM vsmcp_ledger_forgotten
) everything GROUP BY outcome`;

/** $1 before, $2 limit. What is forgotten stays in the account. */
export const FORGET = `-- forget
WITH gone AS (
  DELETE FROM vsmcp_ledger WHERE seq IN (
    SELECT seq FROM vsmcp_ledger
    WHERE state = 'settled' AND outcome NOT IN ('parked', 'dead', 'doubt', 'asked') AND NOT unsaid AND changed < $1::bigint
    ORDER BY seq LIMIT $2::int FOR UPDATE SKIP LOCKED)
  RETURNING outcome
), counted AS (SELECT outcome, count(*) AS events FROM gone GROUP BY outcome),
kept AS (
  INSERT INTO vsmcp_ledger_forgotten AS f (outcome, events) SELECT outcome, events FROM counted ORDER BY outcome
  ON CONFLICT (outcome) DO UPDATE SET events = f.events + excluded.events
)
SELECT count(*)::int AS events FROM gone`;
