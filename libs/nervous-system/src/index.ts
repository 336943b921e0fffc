export { type AmqpOptions, connectAmqp } from './amqp/amqp.js';
export { type BrokerState, type DeclaredState, type Rights, readBroker } from './amqp/broker-state.js';
export { declareExchangeBindings } from './amqp/exchange-binding.js';
export { Framer, type FramerOptions, frameMessage, packFrame, unpackFrame } from './frames.js';
export { HEADERS } from './headers.js';
export { type MemoryBroker, openMemoryBroker } from './memory/broker.js';
export * from './nervous-system.js';
export { isRefusal, NOT_SIGNED, REFUSALS, type Refusal } from './signing/refusal.js';
export { openSigner, type Signable, type Signer } from './signing/signer.js';
