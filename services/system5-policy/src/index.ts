export { compileForbids } from './forbids.js';
export { openSystem5, system5 } from './system5.js';
