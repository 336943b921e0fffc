export { type AmqpOptions, connectAmqp } from './amqp/amqp.js';
export { HEADERS } from './headers.js';
export { type MemoryBroker, openMemoryBroker } from './memory/broker.js';
export * from './nervous-system.js';
