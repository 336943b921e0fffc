import { randomUUID } from 'node:crypto';
import { connectAmqp, type NervousSystem } from '@vsmcp/nervous-system';
import { topology } from '@vsmcp/vsm';
import amqp from 'amqplib';
import { clock, ids, silent, until, type World } from './world.js';

/** A fleet of its own on a broker that others use too. */
export async function openFleet(url: string): Promise<World> {
  const path = `t-${randomUUID().slice(0, 8)}`;
  const { exchanges, queues } = topology(path);
  let members: NervousSystem[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(members.splice(0).map((member) => member.close()));
    members = [];
  };
  const onChannel = async (work: (channel: amqp.Channel) => Promise<void>): Promise<void> => {
    const connection = await amqp.connect(url);
    await work(await connection.createChannel());
    await connection.close();
  };
  return {
    path,
    join: async (party, instance = `${party}-${ids()}`, signer) => {
      const member = await connectAmqp({
        url,
        heartbeat: 5000,
        path,
        party,
        instance,
        clock,
        ids,
        log: silent,
        signer,
      });
      members.push(member);
      await until(() => member.health().ok);
      return member;
    },
    clean: async () => {
      await close();
      await onChannel(async (channel) => {
        for (const { name } of queues) await channel.purgeQueue(name);
      });
    },
    end: async () => {
      await close();
      await onChannel(async (channel) => {
        for (const { name } of queues) await channel.deleteQueue(name);
        for (const { name } of exchanges) await channel.deleteExchange(name);
      });
    },
  };
}
