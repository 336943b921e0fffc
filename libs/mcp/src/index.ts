export * from './client/errors.js';
export * from './host.js';
export * from './log.js';
export * from './open-host.js';
export * from './registry/open-registry.js';
export * from './text.js';
