import { CHANGES, EVENTS } from './changes.js';
import { MCP_ROUTES, PAGES } from './pages.js';
import { LOOKS, READS } from './reads.js';
import { STREAM } from './stream.js';

type Table = typeof PAGES &
  typeof READS &
  typeof LOOKS &
  typeof STREAM &
  typeof EVENTS &
  typeof CHANGES &
  typeof MCP_ROUTES;

/** All that the gateway serves, by name. */
export const ROUTES: Table = {
  ...PAGES,
  ...READS,
  ...LOOKS,
  ...STREAM,
  ...EVENTS,
  ...CHANGES,
  ...MCP_ROUTES,
};

export type RouteName = keyof Table;
