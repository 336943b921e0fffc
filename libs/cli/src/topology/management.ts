import { reasonOf, VsmError } from '@vsmcp/vsm';
import { z } from 'zod';
import { Definitions } from './definitions.js';

/** RabbitMQ's management interface, as an administrator. */
export interface Management {
  /** Without the password. */
  readonly shown: string;
  read(): Promise<Definitions>;
  /** Adds what is missing and overwrites users and their rights; exchanges and queues that stand are left as they are. */
  write(definitions: Definitions): Promise<void>;
}

/** Milliseconds for one request. */
const TIMEOUT = 30_000;

const Refusal = z.object({ reason: z.string() });

/**
 * @param url `http://user:password@host:15672`
 * @param timeout ms for one request
 * @throws VSM_CONFIG for a URL that is none; its calls reject with VSM_BROKER
 */
export function managementAt(url: string, timeout = TIMEOUT): Management {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new VsmError('VSM_CONFIG', 'the management URL must read http://user:password@host:15672');
  }
  const login = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  const shown = parsed.origin;
  const call = async (init: RequestInit): Promise<string> => {
    const headers = {
      authorization: `Basic ${Buffer.from(login).toString('base64')}`,
      'content-type': 'application/json',
    };
    let response: Response;
    try {
      const target = new URL(`${parsed.pathname.replace(/\/$/, '')}/api/definitions`, parsed.origin);
      response = await fetch(target, { ...init, headers, signal: AbortSignal.timeout(timeout) });
    } catch (error) {
      throw new VsmError(
        'VSM_BROKER',
        `no management interface answers at ${shown}: ${causeOf(error)}; enable the plugin rabbitmq_management, or correct the URL`,
        { cause: error },
      );
    }
    const text = await response.text();
    if (response.ok) return text;
    throw new VsmError('VSM_BROKER', `the broker at ${shown} refused: ${refusal(response.status, text)}`);
  };
  return {
    shown,
    async read() {
      const read = Definitions.safeParse(JSON.parse(await call({})));
      if (read.success) return read.data;
      throw new VsmError('VSM_BROKER', `what answers at ${shown} is no RabbitMQ: ${z.prettifyError(read.error)}`);
    },
    async write(definitions) {
      await call({ method: 'POST', body: JSON.stringify(definitions) });
    },
  };
}

function refusal(status: number, text: string): string {
  if (status === 401) return 'user or password is wrong, or the user is no administrator';
  const read = Refusal.safeParse(text.startsWith('{') ? JSON.parse(text) : undefined);
  return read.success ? read.data.reason : `HTTP ${status} ${text.slice(0, 300)}`;
}

/** What `fetch failed` means. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? reasonOf(error.cause) : reasonOf(error);
}
