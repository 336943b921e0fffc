export * from './nervous-system.js';
