import { test } from 'node:test';
import { leaveNothing } from './leaving.js';

test('http: 10,000 calls leave no listener on the signal they share, and no socket', (t) => leaveNothing(t, 10_000));
