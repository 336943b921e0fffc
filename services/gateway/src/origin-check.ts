import { HttpError } from './failure.js';

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/**
 * There is no login on loopback, so a page in the same browser must not be able to speak to the fleet: neither by a
 * name that its owner points to 127.0.0.1 (the Host header must be a known name), nor by a form or script of another
 * site (a request that does more than read must not carry another Origin).
 * @throws HttpError 403
 */
export function checkOrigin(
  request: { reading: boolean; host: string | undefined; origin: string | undefined; site: string | undefined },
  names: readonly string[],
): void {
  const host = hostName(request.host);
  if (host === undefined || !(LOOPBACK.includes(host) || names.includes(host))) {
    throw new HttpError(
      403,
      'VSM_POLICY',
      `the gateway is not known as ${request.host ?? 'nothing'}`,
      'call it by localhost, or name the host in VSMCP_HTTP_NAMES',
    );
  }
  if (request.reading) return;
  const foreign = request.origin !== undefined && originHost(request.origin) !== request.host?.toLowerCase();
  if (foreign || request.site === 'cross-site') {
    throw new HttpError(
      403,
      'VSM_POLICY',
      `requests from ${request.origin ?? 'another site'} may not change anything here`,
      'send it from the dashboard, or without an Origin header',
    );
  }
}

/** The name in a Host header, without its port; undefined when it is none. */
function hostName(host: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/.exec(host?.toLowerCase() ?? '');
  return match?.[1] ?? match?.[2];
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
