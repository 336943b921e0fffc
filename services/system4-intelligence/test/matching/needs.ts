import { readFileSync } from 'node:fs';
import { type Candidate, Tool } from '@vsmcp/vsm';
import type { Need } from '../../src/matching/query.js';

/** The tools that a real server declares, as recorded from `tools/list`. */
export function toolsOf(server: 'calc-mcp' | 'time-mcp' | 'mcp-server-code-runner' | 'git-mcp-server'): Tool[] {
  return Tool.array().parse(JSON.parse(readFileSync(new URL(`../fixtures/${server}.json`, import.meta.url), 'utf8')));
}

const SHA256 = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';

/** Files as the folder sense tells them. */
export function files(extension: string, ...texts: string[]): Need {
  return {
    type: `file.${extension}`,
    samples: texts.map((text, n) => ({
      name: `some-${n}.${extension}`,
      path: `inbox/some-${n}.${extension}`,
      sha: SHA256,
      text,
    })),
  };
}

export const COMMIT: Need = {
  type: 'git.commit',
  samples: [
    { repo: '/home/me/front', sha: '8f59dc3a1da14bb8776195c9dfbe8033a47b9e9a', author: 'A Person', subject: 'feat: x' },
  ],
};

export function candidate(name: string, description: string, npm = `${name.split('/')[1]}@1.0.0`): Candidate {
  const grants = { reads: [], writes: [], runs: [], network: false, hosts: [] };
  const spec = { npm, args: [], env: {}, grants, parallel: false };
  return { name, description, version: '1.0.0', registry: 'test', spec };
}
