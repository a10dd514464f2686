// npm's fauxqs, a stand-in for SQS with one queue: prints the queue's URL as LAB_SQS_URL wants it,
// and runs until it is killed.
import {buildApp} from 'fauxqs';

const app = buildApp({logger: false});
const {host} = new URL(await app.listen({port: 0, host: '127.0.0.1'}));
const made = await fetch(`http://${host}/`, {
  method: 'POST', body: JSON.stringify({QueueName: 'orders'}),
  headers: {'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.CreateQueue'},
});
const {QueueUrl} = await made.json();
console.log(`http://KEY:SECRET@${host}${new URL(QueueUrl).pathname}`);
