import { type NervousSystem, openMemoryBroker } from '@vsmcp/nervous-system';
import { conformance } from '../conformance.js';
import { clock, ids, silent } from '../world.js';

conformance('in memory', async () => {
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
    join: async (party, instance = `${party}-${ids()}`) => {
      const member = broker.connect({ path: 'vsm', party, instance, log: silent });
      members.push(member);
      return member;
    },
    clean,
    end: clean,
  };
});
