import { on, type ServiceContext } from '@vsmcp/service';
import { type Answer, type Asked, type Capability, type DataOf, isKey, Operate, Outcome, word } from '@vsmcp/vsm';

/** Source of the events that stand for operations in the ledger. */
const SOURCE = '/operations';
/** First word of their types, where the asker names none. */
const OWN = 'operate';

/** Commands System 1 to run a tool, and waits for the outcome. */
function commanding(context: ServiceContext, epoch: number) {
  /** Operation → those who wait for its outcome: the same may be asked for twice at a time. */
  const waiting = new Map<string, Set<(outcome: DataOf<typeof Outcome>) => void>>();

  const outcomes = on(Outcome, async ({ data }) => {
    if (data.event.source !== SOURCE) return;
    for (const tell of waiting.get(data.event.id) ?? []) tell(data);
  });
  const listen = (type: string) => context.hear({ channel: 'outcome', bind: [`*.${type}`] }, [outcomes]);

  async function command(operation: string, type: string, request: Asked<'operate'>) {
    const { tool, params, by, wait } = request;
    // The standing ear hears operations of our own types; a type of the asker's needs one for as long as it runs.
    const ear = type.startsWith(`${OWN}.`) ? undefined : await listen(type);
    const all = waiting.get(operation) ?? new Set();
    let stopWaiting = () => {};
    try {
      const outcome = new Promise<DataOf<typeof Outcome> | undefined>((resolve) => {
        waiting.set(operation, all.add(resolve));
        const late = context.clock.after(wait, () => resolve(undefined));
        stopWaiting = () => {
          late();
          all.delete(resolve);
          if (all.size === 0) waiting.delete(operation);
        };
      });
      await context.say(Operate, 's1.any.operate', { operation, epoch, type, tool, params, by }, { cause: operation });
      return await outcome;
    } finally {
      stopWaiting();
      await ear?.stop();
    }
  }

  /** Hears outcomes of operations of our own types. */
  return { command, listen: () => listen(`${OWN}.#`) };
}

/** Runs a tool, for a person or an agent. */
export function operations(context: ServiceContext, epoch: number) {
  const { journal, log, metrics } = context;
  const asked = metrics.counter('vsmcp_operation_requests_total', 'Operations that somebody asked for', ['result']);
  const { command, listen } = commanding(context, epoch);

  return {
    listen,
    async operate(request: Asked<'operate'>): Promise<Answer<'operate'>> {
      const operation = request.operation ?? context.ids();
      const { by, tool: ref, params } = request;
      const [server, tool] = partsOf(ref);
      const type = request.type ?? `${OWN}.${server}.${word(tool)}`;
      const { rows } = await context.capabilities.read();
      const refused = refusal(type, rows, server, tool) ?? (await forbidden(context, request, server, tool));
      const data = { operation, tool: ref, type, arguments: Object.keys(params), by, refused: refused ?? null };
      await journal.append({ system: 's3', epoch, type: 'operate', cause: by, data });
      asked.inc({ result: refused === undefined ? 'commanded' : 'refused' });
      log.info(data, refused === undefined ? `${by} runs ${ref}` : `${by} may not run ${ref}: ${refused}`);
      if (refused !== undefined) return { operation, refused };
      const outcome = await command(operation, type, request);
      return outcome ? { operation, outcome } : { operation };
    },
  };
}

/** `server.tool`: the first dot parts them. */
function partsOf(ref: string): [string, string] {
  const dot = ref.indexOf('.');
  return [ref.slice(0, dot), ref.slice(dot + 1)];
}

function refusal(type: string, rows: readonly Capability[], server: string, tool: string): string | undefined {
  if (!isKey(type)) return `"${type}" cannot be the type of an event: words of a-z 0-9 _ -, parted by dots`;
  const there = rows.filter((row) => row.state !== 'removed');
  const row = there.find((r) => r.server === server);
  if (!row) return `there is no server ${server}; there are: ${there.map((r) => r.server).join(', ') || 'none'}`;
  if (row.state === 'suspended') return `${server} is suspended: ${row.reason ?? 'it waits for approval'}`;
  if (row.only && !row.only.includes(tool)) return `only these tools of ${server} are approved: ${row.only.join(', ')}`;
  if (row.tools.length > 0 && !row.tools.some((t) => t.name === tool))
    return `${server} has no tool ${tool}; it has: ${row.tools.map((t) => t.name).join(', ')}`;
  return undefined;
}

async function forbidden(
  context: ServiceContext,
  { by, params }: Asked<'operate'>,
  server: string,
  tool: string,
): Promise<string | undefined> {
  const asked = { action: 'operate', by, server, tool, arguments: Object.keys(params) };
  const { permitted, rule, because } = await context.ask('permit', asked);
  return permitted ? undefined : `${rule}: ${because}`;
}
