export { type ConsciousnessOptions, consciousness, openConsciousness } from './consciousness.js';
