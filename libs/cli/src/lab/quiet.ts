/** Signs that something in this process goes on by itself, in the words of `process.getActiveResourcesInfo()`. */
const goesOn = (resource: string): boolean =>
  resource === 'Immediate' || resource === 'CloseReq' || resource.startsWith('FSReq');

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Resolves when the fleet in this process has nothing left to do until time passes: no promise can go on (a turn of the
 * event loop has ended, and promises are settled within one), no handler waits for its turn, and no file is being read
 * or written. In the lab that is all there is: messages travel by such turns, the database answers within promises, and
 * the tools are scripted.
 */
export async function quiet(): Promise<void> {
  do await turn();
  while (process.getActiveResourcesInfo().some(goesOn));
}
