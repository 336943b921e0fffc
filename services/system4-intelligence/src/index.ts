export { type Found, openRegistries } from './registries.js';
export { system4 } from './system4.js';
