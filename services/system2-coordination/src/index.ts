export { system2 } from './system2.js';
