import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Confinement, Grants } from '@vsmcp/vsm';
import { connect } from '../../src/client/connection.js';
import { lookAtMachine } from '../../src/sandbox/machine.js';
import { openSandbox, type ToldAttempts } from '../../src/sandbox/sandbox.js';
import { clock, grants, quiet, temporary } from '../support.js';

const machine = await lookAtMachine();

/** The rungs of this machine. */
export const { rungs } = machine;

/** The escaping server, started in a home of its own at a rung. */
export async function confined(
  t: TestContext,
  rung: Confinement,
  given: Partial<Grants> = {},
  env: Record<string, string> = {},
  { egress, disk, record }: { egress?: string; disk?: number; record?: ToldAttempts } = {},
) {
  const home = await temporary(t);
  const [folder, code, dataDir] = [join(home, 'own'), join(home, 'code'), join(home, 'data')];
  for (const path of [folder, code, dataDir]) await mkdir(path);
  for (const name of ['escape.mjs', 'fetching.mjs'])
    await copyFile(join(import.meta.dirname, '../fixtures', name), join(code, name));
  await writeFile(join(home, 'secret'), 'secret');
  const sandbox = await openSandbox(dataDir, { clock, machine, wanted: rung, ...(disk !== undefined && { disk }) });
  const installed = { bin: join(code, 'escape.mjs'), folder: code };
  const start = async () => {
    const to = {
      folder,
      home,
      grants: grants(given),
      ...(egress !== undefined && { egress }),
      ...(record && { record }),
    };
    const command = await sandbox.confine(installed, { args: [], env }, to);
    const options = { name: 'escape', confinement: rung, deadline: 15_000, clock, log: quiet };
    const started = await connect(command, options);
    t.after(() => started.close());
    return started;
  };
  const server = await start();
  const attempt = async (tool: string, args: Record<string, unknown> = {}) => {
    const { isError, content } = await server.call(tool, args, 15_000);
    return { ok: !isError, text: (content[0] as { text: string }).text };
  };
  return { home, folder, dataDir, server, attempt, start };
}
