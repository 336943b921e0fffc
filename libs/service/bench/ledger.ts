import { cpus } from 'node:os';
import { openTestPostgres } from '../../../test/support/postgres.js';
import { type Database, openEmbedded, openLog, openPostgres, openState, realClock } from '../src/index.js';

// Prints how many events a second are claimed and settled, by how many are under way at once.
// node --import tsx -C source libs/service/bench/ledger.ts [events]
const events = Number(process.argv[2] ?? 20_000);

async function measure(name: string, database: Database): Promise<void> {
  const { ledger } = await openState(database, 'vsm', realClock);
  for (const inFlight of [1, 50, 1000]) {
    const count = inFlight === 1 ? Math.min(events, 2000) : events;
    let next = 0;
    const started = performance.now();
    const worker = async () => {
      while (next < count) {
        const key = { source: '/bench', id: `${inFlight}-${next++}`, unit: 'desk' };
        await ledger.claim({ ...key, type: 'file.md', holder: 'bench', deadline: Date.now() + 30_000 });
        await ledger.settle({ ...key, attempt: 1, outcome: 'answered', record: { text: 'x'.repeat(200) } });
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(`${name}, ${inFlight} in flight: ${Math.round(count / seconds)} events/s\n`);
  }
}

process.stdout.write(`${cpus().length} cores, Node ${process.version}, claim + settle an event\n`);
const embedded = await openEmbedded('memory');
await measure('embedded', embedded);
await embedded.close();
const postgres = await openTestPostgres();
if (postgres) {
  const database = openPostgres(postgres.url, { log: openLog('warn') });
  await measure('PostgreSQL', database);
  await database.close();
  await postgres.stop();
}
