import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Data folder of hosts whose servers are installed once for all tests on this machine. */
export const CACHE = join(tmpdir(), 'vsmcp-test-cache');
