// On the whiteboard: count the lines of something large, in little memory.
import assert from 'node:assert/strict';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';

class Lines extends Transform {
  #rest = '';
  #decoder = new StringDecoder('utf8'); // a character may be cut between two chunks
  constructor() {
    super({ readableObjectMode: true });
  }
  _transform(chunk, encoding, done) {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop(); // perhaps only the start of a line
    for (const line of lines) this.push(line); // none, one or many
    done();
  }
  _flush(done) {
    this.#rest += this.#decoder.end();
    if (this.#rest) this.push(this.#rest);
    done();
  }
}

const seen = [];
const sink = new Writable({
  objectMode: true,
  write(line, encoding, done) {
    seen.push(line);
    done();
  },
});
const euro = Buffer.from('1 €\n');
const source = Readable.from([Buffer.from('one\ntw'), Buffer.from('o\n'), euro.subarray(0, 4),
  euro.subarray(4), Buffer.from('end')]);
await pipeline(source, new Lines(), sink);
assert.deepEqual(seen, ['one', 'two', '1 €', 'end']);
