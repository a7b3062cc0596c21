// All kinds of calls by gRPC's own client for Node. Arguments: ADDRESS:PORT HOST [FILE WITH THE AUTHORITY, with TLS]. Prints what came of each.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [address, host, authority] = process.argv.slice(2);
const definition = loader.loadSync(fileURLToPath(new URL('../peer.proto', import.meta.url)));
const { Peer } = grpc.loadPackageDefinition(definition).tidegate.peers;
const credentials = authority ? grpc.credentials.createSsl(readFileSync(authority)) : grpc.credentials.createInsecure();
const client = new Peer(address, credentials, { 'grpc.default_authority': host, 'grpc.ssl_target_name_override': host });

const all = stream => new Promise((resolve, reject) => {
  const values = [];
  stream.on('data', ({ value }) => values.push(value)).on('end', () => resolve(values)).on('error', reject);
});
const unary = (method, value, options = {}) => new Promise(resolve => {
  const result = {};
  const done = () => 'status' in result && 'answer' in result && resolve(result);
  client[method]({ value }, options, (error, answer) => { result.answer = answer?.value; result.error = error; done(); })
    .on('metadata', fields => { result.before = fields.get('x-before')[0]; })
    .on('status', status => { result.status = status; done(); });
});

const said = await unary('say', 'hello');
const joined = await new Promise(resolve => {
  const call = client.join((error, answer) => resolve(answer?.value ?? error));
  for (const value of ['a', 'b', 'c']) call.write({ value });
  call.end();
});
const spelled = await all(client.spell({ value: 'tide' }));
const chat = client.chat();
const answers = [];
await new Promise(resolve => {
  chat.on('data', ({ value }) => { answers.push(value); answers.length < 3 ? chat.write({ value: `${answers.length + 1}` }) : chat.end(); }).on('end', resolve);
  chat.write({ value: '1' });
});
const failed = await unary('fail', '5 not here');
// By the client's clock (4) or the gateway's (14), whichever is first.
const late = await unary('wait', '', { deadline: Date.now() + 100 });
console.log([
  `say ${said.before} ${said.answer} ${said.status.metadata.get('x-behind')[0]}`, `join ${joined}`, `spell ${spelled}`, `chat ${answers}`,
  `fail ${failed.status.code} ${failed.status.details}`, `late ${[4, 14].includes(late.status.code)}`,
].join('; '));
client.close();
