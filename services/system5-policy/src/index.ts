export { compileForbids } from './policy/forbids.js';
export { openSystem5, system5 } from './system5.js';
