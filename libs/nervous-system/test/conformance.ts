import { describe } from 'node:test';
import { consuming } from './conformance/consuming.js';
import { ordering } from './conformance/ordering.js';
import { publishing } from './conformance/publishing.js';
import { requesting } from './conformance/requesting.js';
import { settling } from './conformance/settling.js';
import { signing } from './conformance/signing.js';
import { stopping } from './conformance/stopping.js';
import type { World } from './world.js';

type Parts = Record<string, (open: () => Promise<World>) => void>;

/** Properties that hold whether members sign or not. */
export const UNSIGNED = { publishing, consuming, settling, ordering, requesting, stopping };

/** The contract of every transport. No service can tell which one it runs on. */
export function conformance(name: string, open: () => Promise<World>, parts: Parts = { ...UNSIGNED, signing }): void {
  for (const [part, tests] of Object.entries(parts)) {
    describe(`${name}: ${part}`, { timeout: 60_000 }, () => tests(open));
  }
}
