import { VsmError } from '@vsmcp/vsm';
import { run } from '../run.js';
import { npmEnvironment } from './npm-cli.js';

/** ms for one installation, downloads included. */
const TIMEOUT = 300_000;

/** Runs `npm install` in a prepared folder. Rejects with VSM_INSTALL, saying what npm said and what to do. */
export async function runNpm(job: {
  npm: string;
  cli: string;
  cwd: string;
  cache: string;
  signal: AbortSignal | undefined;
}): Promise<void> {
  const flags = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--omit=dev',
    '--prefer-offline',
    '--package-lock',
    '--lockfile-version=3',
    '--install-strategy=hoisted',
    '--no-update-notifier',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=500',
    '--fetch-retry-maxtimeout=5000',
    '--loglevel=error',
    `--cache=${job.cache}`,
  ];
  const ran = await run(process.execPath, [job.cli, ...flags], {
    cwd: job.cwd,
    env: npmEnvironment(process.env),
    timeout: TIMEOUT,
    ...(job.signal && { signal: job.signal }),
  });
  if (ran.code === 0 && !ran.ended) return;
  throw new VsmError('VSM_INSTALL', `${job.npm}: ${ran.ended ? ENDED[ran.ended] : meaning(ran.stderr)}`);
}

const ENDED = {
  timeout: `npm did not finish in ${TIMEOUT / 1000} s; try again on a faster network`,
  aborted: 'the installation was cancelled',
};

/** npm's error codes and what they call for. */
const MEANINGS: readonly [RegExp, string][] = [
  [/\bE404\b/, 'no such package in the registry; correct its name'],
  [/\bETARGET\b|\bENOVERSIONS\b/, 'no such version in the registry; correct it'],
  [/\bEINTEGRITY\b/, 'what the registry sent does not match its own integrity; do not use it'],
  [
    /\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|ENETUNREACH)\b/,
    'the npm registry cannot be reached and the package is not in the cache; connect once, or set npm_config_registry',
  ],
  [/\bE40[13]\b/, 'the npm registry refused access; log npm in or correct npm_config_registry'],
  [/\bENOSPC\b/, 'the disk is full; make room'],
  [/\bEBADENGINE\b/, 'it does not run on this version of node'],
];

/** The meaning of npm's last words, and the mend. */
export function meaning(stderr: string): string {
  const known = MEANINGS.find(([pattern]) => pattern.test(stderr))?.[1];
  const said = stderr
    .split('\n')
    .filter((line) => line.startsWith('npm error') && !line.includes('A complete log'))
    .slice(0, 6)
    .join(' | ');
  return `${known ?? 'npm failed'}. npm said: ${said || stderr.slice(-500)}`;
}
