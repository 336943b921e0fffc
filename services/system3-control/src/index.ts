export { openSystem3, system3 } from './system3.js';
