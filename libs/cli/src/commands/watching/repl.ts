import { once } from 'node:events';
import { start } from 'node:repl';
import type { Command } from 'commander';
import { whoAmI } from '../../command.js';
import { type Fleet, fleetAt, type Query } from '../../fleet.js';
import { listen } from '../../stream.js';

/** `vsmcp repl` */
export function repl(vsmcp: Command): void {
  vsmcp
    .command('repl')
    .description('JavaScript at a running fleet: questions and petitions as functions')
    .addHelpText(
      'after',
      `
Examples:
  vsmcp repl
  > (await status()).variety.gap
  > await publish('file.md', { name: 'a.md', text: 'Hello' })
  > await next('outcome')
  echo "await systems()" | VSMCP_URL=http://fleet.example:4010 vsmcp repl`,
    )
    .action(open);
}

const READS = [
  'status',
  'systems',
  'variety',
  'units',
  'capabilities',
  'held',
  'outcomes',
  'waiting',
  'journal',
  'decisions',
  'alerts',
  'policies',
  'coordination',
  'control',
  'recursion',
  'acquisitions',
  'account',
] as const;

const HELP = `Questions, to be awaited, each with a query or none:
  ${READS.join('\n  ')}
      await held({ reason: 'parked', limit: 5 })
And:
  get(path, query)        any route that reads, such as get('/units/desk')
  post(path, body)        any petition, such as post('/alerts/acknowledge', {})
  publish(type, data)     an event, such as publish('file.md', { name: 'a.md', text: 'Hello' })
  next(event)             the next event of the stream: outcome, verdict, alert, loop, capability, acquisition
  .exit                   ends
`;

async function open(): Promise<void> {
  const fleet = fleetAt();
  await fleet.get('/status'); // says at once what is wrong, when no fleet answers
  const terminal = process.stdin.isTTY === true;
  if (terminal) {
    process.stdout.write(`the fleet at ${fleet.url}; help says what there is, .exit ends\n`);
  }
  const session = start({ prompt: terminal ? 'vsmcp> ' : '', terminal, breakEvalOnSigint: terminal });
  Object.assign(session.context, words(fleet));
  Object.defineProperty(session.context, 'help', {
    get: () => {
      process.stdout.write(HELP);
    },
  });
  await once(session, 'exit');
}

function words(fleet: Fleet): Record<string, unknown> {
  const by = whoAmI();
  return {
    ...Object.fromEntries(READS.map((name) => [name, (query?: Query) => fleet.get(`/${name}`, query)])),
    get: (path: string, query?: Query) => fleet.get(path, query),
    post: (path: string, body: object) => fleet.post(path, { by, ...body }),
    publish: (type: string, data: unknown) => fleet.post('/events', { type, data }),
    next: (event: string) => next(fleet, event),
  };
}

/** The next event of this name on the fleet's stream. */
async function next(fleet: Fleet, event: string): Promise<unknown> {
  const stop = new AbortController();
  let found: unknown;
  try {
    await listen(fleet, stop.signal, (name, data) => {
      if (name !== event || stop.signal.aborted) return;
      found = data;
      stop.abort();
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  return found;
}
