// Bundles each *.test.ts and runs them all with node --test.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = new URL('.', import.meta.url).pathname;
const out = await mkdtemp(join(tmpdir(), 'underloop-web-'));
try {
  const tests = (await readdir(here)).filter((name) => name.endsWith('.test.ts'));
  await build({
    entryPoints: tests.map((name) => join(here, name)),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    sourcemap: 'inline',
    logLevel: 'warning',
    // It looks for a window as soon as it is loaded.
    plugins: [{
      name: 'no uPlot',
      setup: (build) => build.onResolve({ filter: /^uplot$/ }, () => ({ path: join(here, 'no_uplot.ts') })),
    }],
    loader: { '.css': 'empty' },
  });
  const files = tests.map((name) => join(out, name.replace(/\.ts$/, '.mjs')));
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=spec', ...files], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  await rm(out, { recursive: true });
}
