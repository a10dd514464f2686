// What busboy reads of the same bodies, in the same pieces. Reads an array of
// {boundary, pieces: [base64, ...]} from a file and prints, for each, {error, parts}.
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';

const busboy = createRequire(import.meta.url)('busboy');
const base64 = (latin1) => Buffer.from(latin1, 'latin1').toString('base64');

const read = ({boundary, pieces}) => new Promise((resolve) => {
  const parts = [];
  const parser = busboy({
    headers: {'content-type': `multipart/form-data; boundary=${boundary}`},
    preservePath: true, defCharset: 'latin1', defParamCharset: 'latin1',
  });
  parser.on('field', (name, value, {mimeType}) =>
    parts.push({name: base64(name ?? ''), type: mimeType, data: base64(value)}));
  parser.on('file', (name, stream, {filename, mimeType}) => {
    const part = {name: base64(name ?? ''), file: base64(filename ?? ''), type: mimeType, data: ''};
    parts.push(part);
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('error', () => {});
    stream.on('close', () => (part.data = Buffer.concat(chunks).toString('base64')));
  });
  let error = '';
  const done = () => setImmediate(() => resolve({error, parts}));
  parser.on('error', (failed) => { error ||= failed.message; done(); });
  parser.on('close', done);
  for (const piece of pieces) if (!error) parser.write(Buffer.from(piece, 'base64'));
  if (!error) parser.end();
});

const answers = [];
for (const one of JSON.parse(readFileSync(process.argv[2], 'utf8'))) answers.push(await read(one));
console.log(JSON.stringify(answers));
