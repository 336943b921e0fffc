import { Settings } from './schema.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export const ENVIRONMENTS = ['dev', 'prod'] as const;

/** Limits of a production fleet, where neither vsmcp.yaml nor a variable of its own says otherwise. Times in ms. */
const PRODUCTION: Partial<Settings> = {
  variety_check_interval: 30_000,
  max_concurrent_operations: 10_000,
  enable_audit_log: true,
};

/** Settings that hold where vsmcp.yaml does not say, by VSMCP_ENV. */
export function usualSettings(env: Environment): Partial<Settings> {
  return env.VSMCP_ENV?.trim() === 'prod' ? PRODUCTION : {};
}

/** `variety_threshold` ← VSMCP_VARIETY_THRESHOLD. */
export function variableOf(setting: string): string {
  return `VSMCP_${setting.toUpperCase()}`;
}

/**
 * The settings that the environment has, as they would stand in a file: a list is written with commas. Empty variables
 * count as absent. What fits no reading is left for the schema to complain about.
 */
export function settingsIn(env: Environment): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(Settings.shape)) {
    const text = env[variableOf(name)]?.trim();
    if (!text) continue;
    const readings = [text, ...asNumber(text), ...asFlag(text), asList(text)];
    settings[name] = readings.find((value) => schema.safeParse(value).success) ?? asNumber(text)[0] ?? text;
  }
  return settings;
}

function asNumber(text: string): number[] {
  const number = Number(text);
  return Number.isFinite(number) ? [number] : [];
}

function asFlag(text: string): boolean[] {
  if (/^(true|1|yes|on)$/i.test(text)) return [true];
  return /^(false|0|no|off)$/i.test(text) ? [false] : [];
}

function asList(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
