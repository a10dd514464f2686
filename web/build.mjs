// Builds the page into dist/: index.html, app.css, app.js and the parts that it loads when they
// are needed, and whole.js: all of it in a classic script, for files that open without a studio,
// because a browser lets a file:// page load no module.
// Each also as .gz.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const dist = new URL('dist/', import.meta.url);
const here = (path) => new URL(path, import.meta.url).pathname;

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const how = {
  outdir: dist.pathname,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
};
await build({ ...how, format: 'iife', entryPoints: { whole: here('src/main.tsx') } });
const { metafile } = await build({
  ...how, entryPoints: { app: here('src/main.tsx') }, splitting: true, chunkNames: 'part-[hash]', metafile: true,
});
await rm(new URL('app.css', dist));  // of the parts, too: one file for all
await rename(new URL('whole.css', dist), new URL('app.css', dist));

// What the page has before it asks for more: app.js and what that imports at once.
const first = new Set(['app.css']);
const outputs = Object.entries(metafile.outputs).map(([path, told]) => [path.split('/').at(-1), told]);
const take = (name) => {
  if (first.has(name)) return;
  first.add(name);
  const [, told] = outputs.find(([other]) => other === name);
  for (const { path, kind } of told.imports) if (kind === 'import-statement') take(path.split('/').at(-1));
};
take('app.js');
let total = 0;
for (const name of (await readdir(dist)).filter((name) => !name.endsWith('.html'))) {
  const packed = gzipSync(await readFile(new URL(name, dist)), { level: 9 });
  if (first.has(name)) total += packed.length;
  await writeFile(new URL(`${name}.gz`, dist), packed);
}
// Last: whoever finds the page finds all of it.
await copyFile(here('src/index.html'), new URL('index.html', dist));
console.log(`first load: ${(total / 1024).toFixed(1)} KB compressed`);
