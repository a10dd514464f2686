// Builds the page into dist/: index.html, app.js, app.css, each also as .gz.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const dist = new URL('dist/', import.meta.url);
const here = (path) => new URL(path, import.meta.url).pathname;

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await build({
  entryPoints: { app: here('src/main.tsx') },
  outdir: dist.pathname,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
});
let total = 0;
for (const name of (await readdir(dist)).filter((name) => !name.endsWith('.html'))) {
  const packed = gzipSync(await readFile(new URL(name, dist)), { level: 9 });
  total += packed.length;
  await writeFile(new URL(`${name}.gz`, dist), packed);
}
// Last: whoever finds the page finds all of it.
await copyFile(here('src/index.html'), new URL('index.html', dist));
console.log(`first load: ${(total / 1024).toFixed(1)} KB compressed`);
