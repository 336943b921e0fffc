import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Below the folder of a package, so that Node.js finds what the package depends on from there. */
const FOLDER = join('node_modules', '.cache', 'vsmcp-tests');

/**
 * Compiles each test file, with the project's own modules that it uses, into one module. A test process then starts in
 * a third of the time that it takes to transpile and resolve hundreds of files one by one, and tests run against the
 * sources.
 * @param {string[]} files paths below `root`; what is no TypeScript runs as it is
 * @returns {Promise<Map<string, string>>} test file → the file to run, both below `root`
 */
export async function compileTests(root, files) {
  const compiled = new Map();
  for (const [folder, entries] of groups(files.filter((file) => file.endsWith('.ts')))) {
    const outdir = join(root, folder, FOLDER);
    rmSync(outdir, { recursive: true, force: true });
    await build({
      absWorkingDir: root,
      entryPoints: entries,
      outdir,
      outbase: join(root, folder),
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: ['source'],
      keepNames: true,
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'warning',
      plugins: [outsidePackages, ownPlace(root)],
    });
    for (const entry of entries) {
      compiled.set(entry, join(folder, FOLDER, relative(folder || '.', entry).replace(/\.ts$/, '.mjs')));
    }
  }
  return compiled;
}

/** Test files by the folder of their package; '' is the project's. */
function groups(files) {
  const found = new Map();
  for (const file of files) {
    const folder = /^(?:libs|services)\/[^/]+/.exec(file.split(sep).join('/'))?.[0] ?? '';
    found.set(folder, [...(found.get(folder) ?? []), file]);
  }
  return found;
}

/** Packages of others stay what Node.js loads by itself, from where the importing module would find them. */
const outsidePackages = {
  name: 'outside-packages',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === 'asked' || kind === 'entry-point' || path.startsWith('node:')) return undefined;
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: 'asked' });
      if (found.errors.length > 0 || found.external) return found;
      // the project's own modules do nothing when they are loaded, so that what a test does not use need not be
      return path.startsWith('@vsmcp/') ? { ...found, sideEffects: false } : { path: found.path, external: true };
    });
  },
};

/**
 * A module goes on saying where it is: a test where it lies, a source where it is built, beside what is started from
 * there.
 */
function ownPlace(root) {
  return {
    name: 'own-place',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        if (!text.includes('import.meta.')) return undefined;
        const built = join(root, relative(root, path).replace(/^((?:libs|services)\/[^/]+)\/src\//, '$1/dist/'));
        const place = built === path ? path : built.replace(/\.ts$/, '.js');
        const contents = text
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(place).href))
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(place)))
          .replaceAll('import.meta.filename', JSON.stringify(place));
        return { contents, loader: 'ts' };
      });
    },
  };
}
