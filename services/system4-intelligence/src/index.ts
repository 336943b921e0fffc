export { system4 } from './system4.js';
