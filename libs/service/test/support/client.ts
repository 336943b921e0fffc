import { manualClock, openLog, openPostgres, openState } from '../../src/index.js';

// A process of its own on a database that another serves: mixes statements with parameters, errors and claims, and
// prints what it won.
const [url = '', me = ''] = process.argv.slice(2);
const database = openPostgres(url, { log: openLog('warn') });
const { ledger } = await openState(database, 'vsm', manualClock(1_000_000));

let won = 0;
async function round(n: number): Promise<void> {
  const text = `${me}-${n} ' \\ $1 "é`;
  const [row] = await database.query<{ text: string; n: number }>('SELECT $1::text AS text, $2::bigint AS n', [
    text,
    n,
  ]);
  if (row?.text !== text || row.n !== n) throw new Error(`asked for ${text}, got ${JSON.stringify(row)}`);
  const failed = await database.query('SELECT 1 / $1::int', [0]).then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error('a division by zero went well');
  const claim = await ledger.claim({
    source: '/test',
    id: `${n}`,
    unit: '',
    type: 'x',
    holder: me,
    deadline: 2_000_000,
  });
  if (claim.state === 'fresh') won++;
}

await Promise.all(Array.from({ length: 100 }, (_, n) => round(n)));
await database.close();
process.stdout.write(`${won}`);
