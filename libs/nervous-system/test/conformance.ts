import { describe } from 'node:test';
import { consuming } from './conformance/consuming.js';
import { ordering } from './conformance/ordering.js';
import { publishing } from './conformance/publishing.js';
import { requesting } from './conformance/requesting.js';
import { settling } from './conformance/settling.js';
import { stopping } from './conformance/stopping.js';
import type { World } from './world.js';

/** What every transport must do. No service can tell which one it runs on. */
export function conformance(name: string, open: () => Promise<World>): void {
  for (const [part, tests] of Object.entries({ publishing, consuming, settling, ordering, requesting, stopping })) {
    describe(`${name}: ${part}`, { timeout: 60_000 }, () => tests(open));
  }
}
