// What Mocha, Chai and Supertest do with the cases of lab 24, as JSON.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import request from 'supertest';

const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'tools-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const told = {};

function run(args, code, name) {
  const file = join(folder, name);
  writeFileSync(file, code);
  const { status, stdout } = spawnSync(process.execPath, [...args, file], { encoding: 'utf8', env: { PATH: process.env.PATH } });
  return { status, stdout };
}
function mocha(code) {
  const { status, stdout } = run([join(require.resolve('mocha/package.json'), '../bin/mocha.js')], `const assert = require('assert');\n${code}`, 'a.cjs');
  return [`exit ${status}`, ...(stdout.match(/\d+ (passing|failing)/g) ?? [])].join(', ');
}
told['mocha, failing'] = mocha("it('x', () => assert.equal(1, 2));");
told['mocha, forgot to wait'] = mocha("it('x', () => { (async () => 41)().then((answer) => assert.equal(answer, 42)); });");

const chai = run([], `import { expect } from ${JSON.stringify(import.meta.resolve('chai'))};
try { expect(1).to.equal(2); } catch (error) { console.log(error.name); }`, 'c.mjs');
told['chai, caught'] = `exit ${chai.status}, ${chai.stdout.trim()}`;

// An application that never called listen.
const app = express();
app.post('/users', (_, response) => response.sendStatus(201));
const test = request(app).post('/users');
const { port } = new URL(test.url);
const { status } = await test;
const after = await new Promise((resolve) => {
  net.connect(Number(port), '127.0.0.1').on('connect', () => resolve('open')).on('error', () => resolve('refused'));
});
told.supertest = `${status}, its port is ${after} afterwards`;
console.log(JSON.stringify(told));
