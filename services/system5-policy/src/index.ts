export { system5 } from './system5.js';
