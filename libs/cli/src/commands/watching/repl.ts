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

async function open(): Promise<void> {
  const fleet = fleetAt();
  await fleet.get('/status'); // says at once what is wrong, when no fleet answers
  const terminal = process.stdin.isTTY === true;
  if (terminal) {
    process.stdout.write(
      `the fleet at ${fleet.url}; .exit ends\n${READS.join(' ')}: await them, with a query such as { limit: 5 }\nget(path, query) post(path, body) publish(type, data) next(event)\n`,
    );
  }
  const session = start({ prompt: terminal ? 'vsmcp> ' : '', terminal, breakEvalOnSigint: terminal });
  Object.assign(session.context, words(fleet));
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
