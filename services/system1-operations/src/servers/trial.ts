import { join } from 'node:path';
import { type ServerConnection, type ServerLauncher, suspicionsIn } from '@vsmcp/mcp';
import type { ServiceContext } from '@vsmcp/service';
import { type Attempts, type DataOf, reasonOf, type TrialCall, type TrialResult, Tried, type Try } from '@vsmcp/vsm';
import { boundedResult } from '../deciding/outcome.js';

/** Longest times (ms) for a whole trial, for the server to start, and for one call. */
const WHOLE = 300_000;
const STARTING = 60_000;
const CALL = 15_000;
/** Characters of each result that are looked through for what is suspicious, and most that is told. */
const MOST_READ = 16_384;
const MOST_TOLD = 50;

/**
 * Tries a server that nobody has approved: in a folder of its own that goes with the trial, under the strongest
 * confinement of this machine. Reports what came of it, also when it failed.
 */
export async function tryServer(
  context: ServiceContext,
  host: ServerLauncher,
  command: DataOf<typeof Try>,
  draining: AbortSignal,
): Promise<void> {
  const { clock, instance, log, dataDir, say } = context;
  const { proposal } = command;
  const { npm } = command.spec;
  const { folder, remove } = await host.scratch(join(dataDir, 'trials'));
  const end = new AbortController();
  const stop = () => end.abort(draining.reason);
  const late = clock.after(WHOLE, () => end.abort(new Error(`the trial took longer than ${WHOLE / 1000} s`)));
  draining.addEventListener('abort', stop, { once: true });
  let report: DataOf<typeof Tried>;
  let attempts: Attempts | undefined;
  const record = (seen: Attempts) => {
    attempts = seen;
  };
  try {
    report = {
      proposal,
      npm,
      instance,
      ok: true,
      ...(await trial(context, host, command, folder, end.signal, record)),
    };
  } catch (error) {
    report = { proposal, npm, instance, ok: false, reason: reasonOf(error), tools: [], results: [] };
  } finally {
    late();
    draining.removeEventListener('abort', stop);
    await remove();
  }
  const { ok, reason, installing, starting } = report;
  log.info({ proposal, npm, ok, reason, installing, starting }, 'tried a server');
  await say(Tried, `s1.${instance}.tried`, { ...report, ...(attempts && { attempts }) });
}

async function trial(
  { clock, home }: ServiceContext,
  host: ServerLauncher,
  { spec, grants, calls }: DataOf<typeof Try>,
  folder: string,
  signal: AbortSignal,
  record: (attempts: Attempts) => void,
) {
  const started = clock.now();
  const { installed, connection } = await host.start(spec, {
    folder,
    home,
    grants,
    deadline: STARTING,
    signal,
    record,
  });
  try {
    const starting = clock.now() - started - installed.took;
    const results: TrialResult[] = [];
    for (const call of calls) results.push(await one(connection, call, () => clock.now(), signal));
    const said = results.flatMap(({ tool, content }) => suspicionsIn(`result of ${tool}`, content, MOST_READ));
    const suspicions = [...connection.suspicions, ...said].slice(0, MOST_TOLD);
    return {
      integrity: installed.integrity,
      installing: installed.took,
      starting,
      results,
      ...(installed.mcpName !== undefined && { mcpName: installed.mcpName }),
      ...(connection.confinement !== undefined && { confinement: connection.confinement }),
      contract: connection.contract,
      tools: [...connection.tools],
      ...(suspicions.length > 0 && { suspicions }),
    };
  } finally {
    await connection.close();
  }
}

async function one(
  connection: ServerConnection,
  call: TrialCall,
  now: () => number,
  signal: AbortSignal,
): Promise<TrialResult> {
  const started = now();
  signal.throwIfAborted();
  try {
    const { isError, content, structured } = await connection.call(call.tool, call.arguments, CALL, signal);
    const result = boundedResult({ content, ...(structured !== undefined && { structuredContent: structured }) });
    return { ...call, error: isError, content: contentOf(result), ms: now() - started };
  } catch (error) {
    if (!connection.alive) throw error;
    return { ...call, error: true, content: [{ type: 'text', text: reasonOf(error) }], ms: now() - started };
  }
}

function contentOf(result: unknown): unknown {
  return typeof result === 'object' && result !== null && 'content' in result ? result.content : result;
}
