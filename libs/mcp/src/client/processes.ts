import { killGroup } from '../run.js';

/** Process groups of servers that run now; none may outlive this process. */
const groups = new Set<number>();
let hooked = false;

/** Has the group killed when this process exits, unless `released` before. */
export function held(leader: number): void {
  if (!hooked) {
    hooked = true;
    process.on('exit', () => {
      for (const group of groups) killGroup(group, 'SIGKILL');
    });
  }
  groups.add(leader);
}

export function released(leader: number): void {
  groups.delete(leader);
}
