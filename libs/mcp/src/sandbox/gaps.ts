import type { Confinement } from '@vsmcp/vsm';

const EVERYWHERE = ['the disk it may fill in all (a single file is held to 1 GiB)', 'flaws of the kernel itself'];

/** What a rung does not hold a server back from, for people who choose one. */
export const NOT_HELD: Record<Confinement, readonly string[]> = {
  bubblewrap: EVERYWHERE,
  namespace: EVERYWHERE,
  permission: [
    'the network, with what listens on this machine',
    'sockets in the file system',
    'how many processes it starts, where it may run programs',
    ...EVERYWHERE,
  ],
  none: ['files', 'programs', 'the network', 'other processes of this user', ...EVERYWHERE],
};
