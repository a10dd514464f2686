// The real npm as a client of a registry on loopback, one line each: "what: outcome".
//
//   node labs/09_lockfile/node.mjs
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const base = mkdtempSync(join(tmpdir(), 'lockfile-'));
process.on('exit', () => rmSync(base, { recursive: true }));

function pack(name, version, dependencies, code) {
  const folder = join(base, 'packing');
  mkdirSync(join(folder, 'package'), { recursive: true });
  writeFileSync(join(folder, 'package/package.json'), JSON.stringify({ name, version, dependencies }));
  writeFileSync(join(folder, 'package/index.js'), code);
  return execFileSync('tar', ['-C', folder, '-czf', '-', 'package']);
}

const registry = new Map(); // name: {latest, versions: Map}
const server = http.createServer(({ url }, response) => {
  const [, name, , file] = decodeURIComponent(url).split('/');
  const known = registry.get(name);
  if (!known) return response.writeHead(404).end('{}');
  if (file) return response.end(known.versions.get(file.slice(name.length + 1, -4)).tarball);
  const versions = Object.fromEntries([...known.versions].map(([version, one]) => [version, one.manifest]));
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ name, 'dist-tags': { latest: known.latest }, versions }));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${server.address().port}`;

function publish(name, version, dependencies = {}, tag = true) {
  const tarball = pack(name, version, dependencies, `module.exports = '${version}';`);
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const known = registry.get(name) ?? { versions: new Map() };
  known.versions.set(version, { tarball, manifest: { name, version, dependencies, dist: { tarball: `${address}/${name}/-/${name}-${version}.tgz`, integrity } } });
  if (tag) known.latest = version;
  registry.set(name, known);
}

let projects = 0;
function project(dependencies, lock) {
  const folder = join(base, `project-${++projects}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'shop', version: '1.0.0', dependencies }));
  if (lock) writeFileSync(join(folder, 'package-lock.json'), lock);
  return folder;
}
const npm = (folder, command) => new Promise((resolve) => {
  execFile('npm', [command, '--registry', address, '--cache', join(base, 'cache'), '--userconfig', '/dev/null',
    '--no-audit', '--no-fund', '--no-update-notifier', '--fetch-retries=0'], { cwd: folder },
  (error, _, stderr) => resolve(error ? /code (E\w+)/.exec(stderr)?.[1] ?? 'failed' : 'installed'));
});
const lockOf = (folder) => readFileSync(join(folder, 'package-lock.json'), 'utf8');
const versionOf = (folder, name) => {
  const file = join(folder, 'node_modules', name, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : 'none';
};

publish('libb', '1.0.0');
publish('liba', '1.0.0', { libb: '^1.0.0' });
const wanted = { liba: '^1.0.0' };
const dayOne = project(wanted);
await npm(dayOne, 'install');
const lock = lockOf(dayOne);
publish('libb', '1.3.0');

const withLock = project(wanted, lock);
await npm(withLock, 'install');
console.log(`with the lock: libb ${versionOf(withLock, 'libb')}, lockfile ${lockOf(withLock) === lock ? 'unchanged' : 'rewritten'}`);
const without = project(wanted);
await npm(without, 'install');
console.log(`without: libb ${versionOf(without, 'libb')}`);

publish('liba', '2.0.0', { libb: '^1.0.0' });
const drifted = project({ liba: '^2.0.0' }, lock);
console.log(`npm ci, only package.json changed: ${await npm(drifted, 'ci')}, liba ${versionOf(drifted, 'liba')}`);
await npm(drifted, 'install');
console.log(`npm install, only package.json changed: liba ${versionOf(drifted, 'liba')}, lockfile ${lockOf(drifted) === lock ? 'unchanged' : 'rewritten'}`);

publish('tagged', '1.1.0');
publish('tagged', '1.2.0', {}, false);
const tagged = project({ tagged: '^1.0.0' });
await npm(tagged, 'install');
console.log(`^1.0.0, latest is 1.1.0: ${versionOf(tagged, 'tagged')}`);

registry.get('libb').versions.get('1.0.0').tarball = pack('libb', '1.0.0', {}, 'stealSecrets();');
rmSync(join(base, 'cache'), { recursive: true });
console.log(`npm ci, the tarball was replaced: ${await npm(project(wanted, lock), 'ci')}`);
server.close();
