import { brokerUrl } from '../../../../test/support/rabbitmq.js';
import { conformance } from '../conformance.js';
import { openFleet } from '../fleets.js';

conformance('on AMQP', async () => openFleet(await brokerUrl()));
