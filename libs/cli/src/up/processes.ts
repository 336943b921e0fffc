import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VsmError, word } from '@vsmcp/vsm';
import type { Part } from './fleet-parts.js';
import { processChild } from './process-child.js';
import type { UpSettings } from './settings.js';
import type { Child } from './supervisor.js';

/** The program of a service, in its package, wherever that is installed. */
function mainOf(folder: string): string {
  return join(dirname(fileURLToPath(import.meta.resolve(`@vsmcp/${folder}`))), '..', 'dist', 'main.js');
}

/**
 * The services as processes of their own.
 * @param database the URL by which they reach the state
 * @param answersAt told where a process answers, and undefined when it has ended
 * @throws VSM_USAGE for replicas of what does not exist
 */
export function processChildren(
  parts: readonly Part[],
  settings: UpSettings,
  {
    database,
    env,
    answersAt,
  }: {
    database: string;
    env: NodeJS.ProcessEnv;
    answersAt: (name: string, url: string | undefined) => void;
  },
): Child[] {
  checkReplicas(parts, settings.replicas);
  return parts.flatMap(({ folder }) =>
    Array.from({ length: settings.replicas.get(folder) ?? 1 }, (_, i) => {
      const name = i === 0 ? folder : `${folder}-${i + 1}`;
      const file = mainOf(folder);
      if (!existsSync(file)) throw new VsmError('VSM_CONFIG', `${file} is missing: compile with \`npm run build\``);
      return processChild({
        name,
        file,
        cwd: settings.home,
        log: join(settings.dataDir, 'logs', `${name}.log`),
        answersAt: (url) => answersAt(name, url),
        env: {
          ...env,
          VSMCP_HOME: settings.home,
          VSMCP_CONFIG: settings.configFile,
          VSMCP_DATA_DIR: settings.dataDir,
          VSMCP_DATABASE_URL: database,
          VSMCP_NODE_NAME: word(i === 0 ? settings.node : `${settings.node}-${i + 1}`),
          // Any free one, which it tells: the supervisor shows all as one on the port that was asked for.
          VSMCP_METRICS_HOST: '127.0.0.1',
          VSMCP_METRICS_PORT: '0',
        },
      });
    }),
  );
}

function checkReplicas(parts: readonly Part[], replicas: ReadonlyMap<string, number>): void {
  const folders = parts.map(({ folder }) => folder);
  for (const [folder, count] of replicas) {
    if (!folders.includes(folder)) {
      throw new VsmError('VSM_USAGE', `--replicas: there is no ${folder}; there are ${folders.join(', ')}`);
    }
    if (folder === 'gateway' && count > 1) {
      throw new VsmError('VSM_USAGE', '--replicas: there is one gateway here, because two cannot listen on one port');
    }
  }
}
