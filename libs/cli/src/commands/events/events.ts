import { isKey, VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { z } from 'zod';
import { type AskOptions, ask, asking, jsonOption } from '../../command.js';

interface PublishOptions extends AskOptions {
  data: string;
  id?: string;
  source: string;
  frame?: string;
}

const Published = z.looseObject({ id: z.string().optional() });

/** `vsmcp events publish` */
export function events(vsmcp: Command): void {
  const group = vsmcp.command('events').description('events of the environment');
  asking(
    group
      .command('publish')
      .argument('[type]', 'the type: dot-separated words of a-z 0-9 _ -')
      .argument('[data]', 'not here: with --data')
      .option('--data <json>', 'what happened', '{}')
      .option('--id <id>', 'the same id from the same source is the same event; a new one unless given')
      .option('--source <source>', 'who says so', 'vsmcp-cli')
      .option(
        '--frame <file>',
        'many events instead, in frames: one JSON a line (- for stdin), CloudEvents or data of the type',
      )
      .description('publish an event, as anything outside could over AMQP'),
    `vsmcp events publish order.placed --data '{"order":42}'`,
    `vsmcp events publish file.cron --data '{"name":"x.cron","text":"0 9 * * 1-5"}'`,
    'vsmcp events publish reading.taken --frame readings.ndjson',
    'zcat events.ndjson.gz | vsmcp events publish --frame -',
  ).action(async (type: string | undefined, data: string | undefined, options: PublishOptions) => {
    if (data !== undefined) {
      throw new VsmError('VSM_USAGE', `got ${data} without a name; did you mean --data '${data}'?`);
    }
    if (options.frame !== undefined) {
      const { publishFrames } = await import('../../frames.js'); // the AMQP client is loaded only by who speaks to a broker
      return publishFrames(type, { ...options, frame: options.frame });
    }
    if (type === undefined) throw new VsmError('VSM_USAGE', 'name the type of the event, or a file with --frame');
    if (!isKey(type))
      throw new VsmError('VSM_USAGE', `${type} is not an event type: dot-separated words of a-z 0-9 _ -`);
    const event = { type, source: options.source, id: options.id, data: jsonOption('--data', options.data) };
    await ask(
      options,
      (fleet) => fleet.post('/events', event),
      Published,
      ({ id }) => `published ${type}${id ? ` as ${id}` : ''}`,
    );
  });
}
