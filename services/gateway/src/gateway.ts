import type { Service } from '@vsmcp/service';
import { serve } from './server.js';
import { httpSettings } from './settings.js';

/** REST, MCP, the event stream and the dashboard. It changes nothing itself: it publishes events, asks questions, and hands on petitions. */
export const gateway: Service = {
  system: 'gateway',
  async start(context) {
    const server = await serve(context, httpSettings(process.env));
    context.log.info({ url: server.url }, `dashboard, REST and MCP: ${server.url}`);
    return () => server.close();
  },
};
