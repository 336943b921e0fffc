export { type Found, openRegistries } from './registries.js';
export { headOf } from './senses/repository.js';
export { openSystem4, type System4Options, system4 } from './system4.js';
