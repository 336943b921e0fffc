import { openLog, openPostgres, withSecrets } from '@vsmcp/service';
import { type Finding, none, ok, warning } from './finding.js';
import type { Situation } from './situation.js';

/** ms of difference that nobody notices. */
const TOLERATED = 2000;
/** ms */
const PATIENCE = 3000;

/** This machine's clock against the database's, or the broker's. */
export async function lookAtClock({ settings, env }: Situation): Promise<Finding[]> {
  if ('wrong' in settings) return [none('not looked at: the environment is wrong')];
  const { databaseUrl } = settings;
  if (databaseUrl !== undefined) return [await compare("the database's", () => databaseTime(databaseUrl))];
  const management = withSecrets(env).VSMCP_MANAGEMENT_URL;
  if (management !== undefined) return [await compare("the broker's", () => brokerTime(management))];
  return [none('no other clock to compare with')];
}

async function compare(whose: string, ask: () => Promise<{ time: number; exact: number }>): Promise<Finding> {
  const before = Date.now();
  try {
    const { time, exact } = await ask();
    const after = Date.now();
    // what the way there and back took, and what the other rounds away, tells nothing
    return judgeClock(whose, time - (before + after) / 2, (after - before) / 2 + exact);
  } catch {
    return none(`${whose} does not tell`); // its own check says why
  }
}

/** @param ahead ms by which the other clock is ahead, give or take `unsure` */
export function judgeClock(whose: string, ahead: number, unsure: number): Finding {
  const seconds = (ms: number) => `${(Math.abs(ms) / 1000).toFixed(1)} s`;
  if (Math.abs(ahead) - unsure <= TOLERATED)
    return ok(`agrees with ${whose}, within ${seconds(Math.abs(ahead) + unsure)}`);
  return warning(
    `${seconds(ahead)} ${ahead > 0 ? 'behind' : 'ahead of'} ${whose}: deadlines and the journal are off by that`,
    'let both keep time by NTP: timedatectl set-ntp true',
  );
}

async function databaseTime(url: string): Promise<{ time: number; exact: number }> {
  const database = openPostgres(url, { pool: 1, log: openLog('silent') });
  try {
    // the connection is made first: it takes longer than the question
    await database.query('SELECT 1');
    const [row] = await database.query<{ now: number }>(
      '-- what time is it\nSELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
    );
    return { time: row?.now ?? Number.NaN, exact: 0 };
  } finally {
    await database.close();
  }
}

/** HTTP tells whole seconds. */
async function brokerTime(url: string): Promise<{ time: number; exact: number }> {
  const { origin } = new URL(url);
  const response = await fetch(origin, { method: 'HEAD', signal: AbortSignal.timeout(PATIENCE) });
  return { time: Date.parse(response.headers.get('date') ?? '') + 500, exact: 500 };
}
