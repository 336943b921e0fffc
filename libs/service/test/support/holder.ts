import { type LossCause, openLeaderships, openLog, openPostgres, openState, realClock } from '../../src/index.js';

/**
 * A process of its own that campaigns for leases and acts as long as it leads. Told by its parent to block its thread;
 * tells what it found of itself right after, in the same turn of its event loop.
 */
const [url = '', names = '', timing = '{}'] = process.argv.slice(2);
const database = openPostgres(url, { log: openLog('silent') });
const { journal } = await openState(database, 'vsm', realClock);
const lost: LossCause[] = [];
const leaderships = openLeaderships(database, {
  holder: `holder/${process.pid}`,
  clock: realClock,
  log: openLog('silent'),
  ...JSON.parse(timing),
  lost: (_, cause) => lost.push(cause),
});
const ended: string[] = [];
const campaigns = names.split(',').map((name) =>
  leaderships.campaign(name, async () => async () => {
    ended.push(name);
  }),
);

/** Last time (ms since the epoch) at which it took itself for the leader of any. */
let acted = 0;
setInterval(() => {
  if (campaigns.some(({ leading }) => leading)) acted = Date.now();
}, 1);

const view = () => ({
  leading: campaigns.filter(({ leading }) => leading).length,
  epochs: campaigns.map(({ epoch }) => epoch),
  lost,
  ended,
  acted,
});

process.on('message', async (told: { block?: number; append?: string }) => {
  if (told.block !== undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, told.block);
  let refused = '';
  if (told.append !== undefined) {
    const entry = { system: told.append, epoch: 1, type: 'test', data: null };
    await journal.append(entry).catch((error: Error) => {
      refused = error.message;
    });
  }
  process.send?.({ ...view(), refused });
});
process.send?.({ ...view(), refused: '' });
