import type { ServiceContext } from '@vsmcp/service';
import { CLOUDEVENTS_JSON, type CloudEvent, reasonOf } from '@vsmcp/vsm';
import { openFolder } from './folder.js';
import { openGit } from './git.js';
import { openHost } from './host.js';
import type { Sensed } from './sense.js';

/**
 * Opens the senses of the config; they publish to the environment until the returned function is called.
 * @param known paths of kept files that were there under earlier leaders
 */
export async function openSenses(
  context: ServiceContext,
  epoch: number,
  known: ReadonlySet<string>,
): Promise<() => Promise<void>> {
  const { clock, home, log } = context;
  const counted = context.metrics.counter('vsmcp_sensed_events_total', 'Events the senses published', ['sense']);

  const tell = async ({ source, id, type, data }: Sensed) => {
    const time = new Date(clock.now()).toISOString();
    const event: CloudEvent = { specversion: '1.0', id, source, type, time, datacontenttype: 'application/json', data };
    const content = Buffer.from(JSON.stringify(event));
    await context.bus.publish({ channel: 'environment', key: type, content, contentType: CLOUDEVENTS_JSON, id });
    counted.inc({ sense: source.split('/')[2] ?? '' });
  };
  const remember = async (path: string) => {
    await context.journal.append({ system: 's4', epoch, type: 'sense.kept', data: { path } });
  };
  const troubled = (sense: string) => {
    let last = '';
    return (text: string, error?: unknown) => {
      const because = error === undefined ? text : `${text}: ${reasonOf(error)}`;
      if (because !== last) log.warn({ sense }, because);
      last = because;
    };
  };

  const closing: (() => Promise<void>)[] = [];
  for (const sense of context.config.environment.senses) {
    if ('host' in sense) closing.push(openHost(sense.host, { home, clock, tell, trouble: troubled('host') }));
    else if ('git' in sense)
      closing.push(openGit(sense.git, { home, clock, tell, trouble: troubled(`git ${sense.git}`) }));
    else {
      const trouble = troubled(`folder ${sense.folder}`);
      try {
        closing.push(await openFolder(sense, { home, clock, tell, trouble, known, remember, epoch }));
      } catch (error) {
        trouble(`${sense.folder} cannot be made or read; correct environment.senses or its permissions`, error);
      }
    }
  }
  return async () => {
    await Promise.all(closing.map((close) => close()));
  };
}
