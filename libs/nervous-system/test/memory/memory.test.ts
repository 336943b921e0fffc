import { conformance } from '../conformance.js';
import { openMemoryFleet } from './fleet.js';

conformance('in memory', openMemoryFleet);
