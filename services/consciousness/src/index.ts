export { consciousness } from './consciousness.js';
