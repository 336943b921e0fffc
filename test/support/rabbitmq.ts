export { type Rabbit, rabbitServer, startRabbit } from './rabbit-node.js';
export { brokerUrl, hasBroker } from './rabbit-shared.js';
