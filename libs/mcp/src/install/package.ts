import { open, readFile, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { VsmError } from '@vsmcp/vsm';
import { z } from 'zod';

const Manifest = z.looseObject({
  bin: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
  mcpName: z.string().max(200).optional(),
});

/** `@scope/name@1.2.3` → its two parts. */
export function parseSpec(npm: string): { name: string; version: string } {
  const match = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)@(\d+\.\d+\.\d+[\w.+-]*)$/i.exec(npm);
  if (!match?.[1] || !match[2]) {
    throw new VsmError('VSM_INSTALL', `${npm.slice(0, 200)} is not package@exact.version, such as time-mcp@1.0.6`);
  }
  return { name: match[1], version: match[2] };
}

/** A package's own facts: the file node starts, and its name in the MCP registry. */
export async function readPackage(folder: string, name: string): Promise<{ bin: string; mcpName?: string }> {
  const home = join(folder, 'node_modules', name);
  const manifest = Manifest.safeParse(JSON.parse(await readFile(join(home, 'package.json'), 'utf8')));
  if (!manifest.success) throw new VsmError('VSM_INSTALL', `${name}: its package.json has a malformed bin or mcpName`);
  const named = bins(manifest.data.bin, name);
  if (named === undefined)
    throw new VsmError('VSM_INSTALL', `${name} has no bin: it is not a server that can be started`);
  const bin = await realpath(join(home, named)).catch(() => {
    throw new VsmError('VSM_INSTALL', `${name}: its bin ${named} does not exist; choose another version`);
  });
  if (!bin.startsWith((await realpath(home)) + sep)) {
    throw new VsmError('VSM_INSTALL', `${name}: its bin ${named} lies outside the package`);
  }
  await mustBeForNode(bin, name);
  return { bin, ...(manifest.data.mcpName !== undefined && { mcpName: manifest.data.mcpName }) };
}

/** The one named like the package, else the first. */
function bins(bin: string | Record<string, string> | undefined, name: string): string | undefined {
  if (bin === undefined || typeof bin === 'string') return bin;
  return bin[name.slice(name.indexOf('/') + 1)] ?? Object.values(bin)[0];
}

async function mustBeForNode(bin: string, name: string): Promise<void> {
  const file = await open(bin);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(128), 0, 128, 0);
    const first = buffer.toString('latin1', 0, bytesRead).split('\n')[0] ?? '';
    if (first.startsWith('#!') && !/\bnode\b/.test(first)) {
      throw new VsmError('VSM_INSTALL', `${name} wants ${first.slice(2).trim()}, not node: it cannot be started here`);
    }
    if (first.startsWith('\x7fELF')) throw new VsmError('VSM_INSTALL', `${name} is a binary, not a program for node`);
  } finally {
    await file.close();
  }
}
