import { type Command, InvalidArgumentError } from 'commander';
import type { UpOptions } from '../../up/settings.js';

/** `vsmcp up` */
export function up(vsmcp: Command): void {
  vsmcp
    .command('up')
    .description('run a fleet until Ctrl-C')
    .option('--config <file>', 'the configuration (VSMCP_CONFIG, or ./vsmcp.yaml)')
    .option('--broker <url>', 'a RabbitMQ broker, amqp://… (VSMCP_AMQP_URL); in memory unless given')
    .option('--processes', 'every service a process of its own; needs a broker')
    .option('--replicas <service=n>', 'with --processes: so many of a service; may be repeated', replicas, {})
    .argument('[config]', 'the configuration, or the folder that it is in')
    .option('--demo', "play the configuration's demo, even though it was played here before")
    .option('--no-demo', "do not play the configuration's demo")
    .option('--port <port>', 'where the dashboard, REST and MCP are (VSMCP_MCP_PORT, or 4010)', port)
    .addHelpText(
      'after',
      `
Examples:
  vsmcp up
  vsmcp up --no-demo --port 4100
  vsmcp up --broker amqp://guest:guest@127.0.0.1:5672
  vsmcp up --broker amqp://guest:guest@127.0.0.1:5672 --processes --replicas system1-operations=2`,
    )
    .action(async (named: string | undefined, given: UpOptions) => {
      const options = named === undefined ? given : { ...given, config: given.config ?? named };
      // the services are loaded only by who runs them: the other commands stay quick
      const { upSettings, withOptions } = await import('../../up/settings.js');
      Object.assign(process.env, withOptions(process.env, options));
      const settings = upSettings(options, process.env, process.cwd());
      const { runUp } = await import('../../up/up.js');
      await runUp(settings);
    });
}

function replicas(text: string, before: Record<string, number>): Record<string, number> {
  const [, service, count] = /^([a-z0-9-]+)=(\d{1,3})$/.exec(text) ?? [];
  if (service === undefined || Number(count) < 1) {
    throw new InvalidArgumentError('a service and a number, such as system1-operations=2');
  }
  return { ...before, [service]: Number(count) };
}

function port(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new InvalidArgumentError('a port, 1 to 65535');
  return number;
}
