import type { Service } from '@vsmcp/service';
import { serve } from './server.js';
import { type HttpSettings, httpSettings } from './settings.js';

/**
 * REST, MCP, the event stream and the dashboard. It changes nothing itself: it publishes events, asks questions, and
 * hands on petitions.
 */
export const gateway: Service = openGateway(httpSettings);

/** @param settings where it listens, by the environment */
export function openGateway(settings: (env: NodeJS.ProcessEnv) => HttpSettings): Service {
  return {
    system: 'gateway',
    async start(context) {
      const server = await serve(context, settings(process.env));
      context.log.info({ url: server.url }, `dashboard, REST and MCP: ${server.url}`);
      return () => server.close();
    },
  };
}
