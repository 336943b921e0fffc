import { reasonOf, VsmError } from '@vsmcp/vsm';
import { z } from 'zod';
import { typed } from './typed.js';

export const DEFAULT_URL = 'http://127.0.0.1:4010';

/** ms that a question may take: discovery in a slow registry takes a minute. */
const PATIENCE = 90_000;

/** The REST interface of a running fleet. */
export interface Fleet {
  readonly url: string;
  get(path: string, query?: Query): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
  patch(path: string, body: object): Promise<unknown>;
  put(path: string, body: object): Promise<unknown>;
  /** Posts what is not JSON. */
  send(path: string, contentType: string, content: Uint8Array): Promise<unknown>;
}
export type Query = Record<string, string | number | undefined>;

/** The gateway's refusal. */
const Refusal = z.looseObject({
  message: z.string().optional(),
  mend: z.string().optional(),
});

/**
 * The fleet at `url`. Calls reject with VSM_NOT_FOUND when no fleet answers there, and VSM_REFUSED with the gateway's
 * own words when it answers with an error. A petition may wait for a decision as long as it takes.
 * @param patience ms that a question may take; then it rejects with VSM_TIMEOUT
 */
export function fleetAt(url: string = process.env.VSMCP_URL ?? DEFAULT_URL, patience: number = PATIENCE): Fleet {
  const call = async (path: string, init: RequestInit): Promise<unknown> => {
    const response = await fetchFrom(url, path, init);
    const text = await said(url, response);
    if (!response.ok) throw new VsmError('VSM_REFUSED', refusal(response.status, text));
    return parse(url, text);
  };
  return {
    url,
    get: (path, query = {}) => call(`${path}${queryString(query)}`, { signal: AbortSignal.timeout(patience) }),
    post: (path, body) => call(path, sending('POST', body)),
    patch: (path, body) => call(path, sending('PATCH', body)),
    put: (path, body) => call(path, sending('PUT', body)),
    send: (path, contentType, content) =>
      call(path, { method: 'POST', headers: { 'content-type': contentType }, body: Buffer.from(content) }),
  };
}

function sending(method: string, body: object): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function fetchFrom(url: string, path: string, init: RequestInit): Promise<Response> {
  let target: URL;
  try {
    target = new URL(path, url);
  } catch (error) {
    throw new VsmError('VSM_USAGE', `VSMCP_URL is not a URL: ${url}; it should look like ${DEFAULT_URL}`, {
      cause: error,
    });
  }
  try {
    return await fetch(target, init);
  } catch (error) {
    if (isTimeout(error)) throw tooLate(url);
    throw new VsmError(
      'VSM_NOT_FOUND',
      `no fleet answers at ${url}; start one with \`${typed('up')}\`, or set VSMCP_URL to where one runs`,
      { cause: error },
    );
  }
}

async function said(url: string, response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    if (isTimeout(error)) throw tooLate(url);
    throw new VsmError('VSM_NOT_FOUND', `the fleet at ${url} broke off its answer: ${reasonOf(error)}; ask again`, {
      cause: error,
    });
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

function tooLate(url: string): VsmError {
  return new VsmError(
    'VSM_TIMEOUT',
    `what listens at ${url} gives no answer in time; \`vsmcp doctor\` says what it lacks`,
  );
}

function queryString(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? '' : `?${search}`;
}

function refusal(status: number, text: string): string {
  const parsed = Refusal.safeParse(json(text));
  const { message, mend } = parsed.success ? parsed.data : {};
  const words = [message ?? text.slice(0, 500), mend].filter(Boolean).join('; ');
  return words === '' ? `the fleet answered with HTTP ${status} and no reason` : words;
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new VsmError('VSM_NOT_FOUND', `what answers at ${url} is not a fleet: ${reasonOf(error)}; check VSMCP_URL`);
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // an error page of something in between: its text is shown as it is
  }
}
