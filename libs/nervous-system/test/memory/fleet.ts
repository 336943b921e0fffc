import { type NervousSystem, openMemoryBroker } from '@vsmcp/nervous-system';
import { clock, ids, silent, type World } from '../world.js';

/** A fleet on a broker of its own in this process. */
export async function openMemoryFleet(): Promise<World> {
  let broker = openMemoryBroker({ clock, ids });
  let members: NervousSystem[] = [];
  const clean = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.close()));
    members = [];
    broker.close();
    broker = openMemoryBroker({ clock, ids });
  };
  return {
    path: 'vsm',
    join: async (party, instance = `${party}-${ids()}`, signer) => {
      const member = broker.connect({ path: 'vsm', party, instance, log: silent, signer });
      members.push(member);
      return member;
    },
    clean,
    end: clean,
  };
}
