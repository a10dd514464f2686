// AWS's client as the second judge of storage.
//
//   node 20_storage.mjs s3rver FOLDER   starts npm's s3rver, prints its URL, runs until it is killed
//   node 20_storage.mjs read URL KEY    what is stored: {size, sha256}
//   node 20_storage.mjs work URL        does with it what clients do, and prints what came of it
import {createHash} from 'node:crypto';
import {createRequire} from 'node:module';

const installed = createRequire(import.meta.url);
const [, , what, url, key] = process.argv;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

if (what === 's3rver') {
  const S3rver = installed('s3rver');
  const {port} = await new S3rver({
    address: '127.0.0.1', port: 0, silent: true, directory: url, configureBuckets: [{name: 'files'}],
  }).run();
  console.log(`http://S3RVER:S3RVER@127.0.0.1:${port}/files`);
  await new Promise(() => {});
}

const s3 = installed('@aws-sdk/client-s3');
const {username, password, origin, pathname} = new URL(url);
const clientOf = (secret) => new s3.S3Client({
  endpoint: new URL(origin).origin, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1,
  requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED',
  credentials: {accessKeyId: username, secretAccessKey: secret},
});
const client = clientOf(password);
const Bucket = pathname.slice(1);
const read = async (Key) => {
  const {Body} = await client.send(new s3.GetObjectCommand({Bucket, Key}));
  return Buffer.from(await Body.transformToByteArray());
};
const unfinished = async () =>
  ((await client.send(new s3.ListMultipartUploadsCommand({Bucket}))).Uploads ?? []).length;
const code = (command, by = client) => by.send(command).then(() => 'fine', (error) => error.name);

if (what === 'read') {
  const bytes = await read(key);
  console.log(JSON.stringify({size: bytes.length, sha256: sha256(bytes)}));
} else {
  const Key = 'a folder/ü +.bin', small = Buffer.from('some bytes'), part = Buffer.alloc(5 << 20, 'x');
  await client.send(new s3.PutObjectCommand({Bucket, Key, Body: small}));
  const put = (await read(Key)).equals(small);
  const {UploadId} = await client.send(new s3.CreateMultipartUploadCommand({Bucket, Key: 'large'}));
  const open = await unfinished();
  const Parts = [];
  for (const [i, Body] of [part, small].entries()) {
    const {ETag} = await client.send(
      new s3.UploadPartCommand({Bucket, Key: 'large', UploadId, PartNumber: i + 1, Body}));
    Parts.push({PartNumber: i + 1, ETag});
  }
  await client.send(new s3.CompleteMultipartUploadCommand(
    {Bucket, Key: 'large', UploadId, MultipartUpload: {Parts}}));
  const large = (await read('large')).equals(Buffer.concat([part, small]));
  const gone = {Bucket, Key: 'gone', UploadId:
    (await client.send(new s3.CreateMultipartUploadCommand({Bucket, Key: 'gone'}))).UploadId};
  await client.send(new s3.AbortMultipartUploadCommand(gone));
  console.log(JSON.stringify({
    put, large, open, left: await unfinished(),
    listed: (await client.send(new s3.ListObjectsV2Command({Bucket, Prefix: 'large'}))).Contents[0].Size,
    aborted: await code(new s3.AbortMultipartUploadCommand(gone)),
    absent: await code(new s3.GetObjectCommand({Bucket, Key: 'gone'})),
    forged: await code(new s3.GetObjectCommand({Bucket, Key}), clientOf('a guess')),
  }));
}
