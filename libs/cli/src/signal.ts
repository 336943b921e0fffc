/** Aborted by the first SIGINT or SIGTERM. A second one ends the process as Node does by itself. */
export function interrupted(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}
