export { compileForbids } from './forbids.js';
export { system5 } from './system5.js';
