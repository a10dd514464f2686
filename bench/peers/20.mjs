// What a Node program would take a form apart with.
import { Readable, Writable } from 'node:stream';
import { play, timed } from './timed.mjs';

const file = Buffer.alloc(8 << 20);
for (let i = 0; i < file.length; ++i) file[i] = ((i % 65535) * 7) >> 3;
const body = Buffer.concat([
  Buffer.from('--boundary\r\nContent-Disposition: form-data; name="a"; filename="a.bin"\r\n' +
    'Content-Type: application/octet-stream\r\n\r\n'),
  file, Buffer.from('\r\n--boundary--\r\n')]);
const headers = { 'content-type': 'multipart/form-data; boundary=boundary', 'content-length': String(body.length) };

function request() {
  let at = 0;
  const made = new Readable({
    read() { this.push(at < body.length ? body.subarray(at, at += 64 << 10) : null); },
  });
  return Object.assign(made, { headers });
}

const taking = (take) => (count) => timed(count, async (times) => {
  let bytes = 0;
  for (let i = 0; i < times; ++i) bytes = await take();
  return `${bytes} bytes`;
});

await play({
  busboy: async (count) => {
    const busboy = (await import('busboy')).default;
    await taking(() => new Promise((done, fail) => {
      let bytes = 0;
      const parser = busboy({ headers });
      parser.on('file', (name, stream) => stream.on('data', (chunk) => { bytes += chunk.length; }));
      parser.on('error', fail).on('close', () => done(bytes));
      request().pipe(parser);
    }))(count);
  },
  multer: async (count) => {
    const upload = (await import('multer')).default().single('a');
    await taking(() => new Promise((done, fail) => {
      const asked = request();
      upload(asked, {}, (error) => (error ? fail(error) : done(asked.file.buffer.length)));
    }))(count);
  },
  formidable: async (count) => {
    const { formidable } = await import('formidable');
    await taking(async () => {
      let bytes = 0;
      const sink = () => new Writable({ write(chunk, encoding, done) { bytes += chunk.length; done(); } });
      await formidable({ fileWriteStreamHandler: sink }).parse(request());
      return bytes;
    })(count);
  },
});
