import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { type Embedded, openEmbedded } from './embedded.js';
import { SHARED_SESSION } from './shared-session.js';

export interface ServedDatabase {
  readonly database: Embedded;
  /** For `openPostgres`, in this process or another on this machine. */
  readonly url: string;
  close(): Promise<void>;
}

/** Far above what a fleet's services open: past it, a connection would be refused. */
const MAX_CONNECTIONS = 100;

/**
 * Opens an embedded database and serves it to other processes of this machine, on a loopback port.
 * @throws VSM_DATABASE when another process has the folder
 */
export async function serveEmbedded(...how: Parameters<typeof openEmbedded>): Promise<ServedDatabase> {
  const database = await openEmbedded(...how);
  const server = new PGLiteSocketServer({
    db: database.engine,
    host: '127.0.0.1',
    port: 0,
    maxConnections: MAX_CONNECTIONS,
  });
  try {
    await server.start();
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    database,
    url: `postgres://postgres@${server.getServerConn()}/postgres?sslmode=disable&${SHARED_SESSION}=1`,
    async close() {
      await server.stop();
      await database.close();
    },
  };
}
