export { system3 } from './system3.js';
