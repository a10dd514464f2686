// The same forms sent to Express with multer, one line each: "request: status > result".
//
//   npm ci --prefix tests/conformance      once
//   node labs/20_uploads/node.mjs
import {createRequire} from 'node:module';
import {once} from 'node:events';
import {gzipSync} from 'node:zlib';

const installed = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
let express, multer, formidable;
try {
  express = installed('express');
  multer = installed('multer');
  formidable = installed('formidable').formidable;
} catch {
  console.error('express, multer or formidable is not installed: npm ci --prefix tests/conformance');
  process.exit(77);
}

const app = express();
const upload = multer({  // without `dest` or `storage`: in memory
  limits: {fields: 100, fileSize: 8 << 20, files: 1},
  // What it knows of the form when the file begins.
  fileFilter: (request, file, pass) => { file.before = Object.keys(request.body).length; pass(null, true); },
});
app.post('/', upload.single('file'), ({file}, response) =>
  response.status(201).send(`${file.before} ${file.originalname}`));
app.use((error, request, response, next) =>
  response.status(error.code?.startsWith('LIMIT') ? 413 : 400).send(error.code ?? error.message));
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');

const part = (name, content, file, type = 'application/octet-stream') => Buffer.concat([
  Buffer.from(`--lab20\r\nContent-Disposition: form-data; name="${name}"` +
    (file ? `; filename="${file}"\r\nContent-Type: ${type}` : '') + '\r\n\r\n'),
  Buffer.from(content), Buffer.from('\r\n')]);
async function row(what, ...parts) {
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`, {
    method: 'POST',
    headers: {'content-type': 'multipart/form-data; boundary=lab20'},
    body: Buffer.concat([...parts, Buffer.from('--lab20--\r\n')]),
  });
  console.log(`${what}: ${response.status} > ${await response.text()}`);
}

const png = Buffer.from('\x89PNG\r\n\x1a\n and pixels', 'latin1');
const album = part('album', 'x'), image = part('file', png, 'a.png', 'image/png');
await row('an image after the field album', album, image);
await row('an image before the field album', image, album);
await row('../../etc/passwd', part('file', 'x', '../../etc/passwd'));
await row('101 fields', ...Array.from({length: 101}, (_, i) => part(String(i), 'x')));
// These it takes: looking at the bytes is left to you.
await row('a script as an image', part('file', '#!/bin/sh -e', 'a.png', 'image/png'));
await row('an image as text', part('file', png, 'a.txt', 'text/plain'));
await row('a gzip that expands to 12 MiB',
  part('file', gzipSync(Buffer.alloc(12 << 20)), 'a.gz', 'application/gzip'));
console.log(`formidable's own limit in MiB: ${formidable().options.maxFileSize / 1048576}`);
server.close();
