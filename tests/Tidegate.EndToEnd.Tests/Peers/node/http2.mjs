// A POST of a million bytes by Node's own HTTP/2. Arguments: ADDRESS:PORT HOST [FILE WITH THE AUTHORITY, with TLS]. Prints the status and how much came back.
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';

const [address, host, authority] = process.argv.slice(2);
const session = authority
  ? connect(`https://${address}`, { ca: readFileSync(authority), servername: host })
  : connect(`http://${address}`);
const request = session.request({ ':method': 'POST', ':path': '/echo', ':authority': host });
let status, length = 0;
request.on('response', fields => { status = fields[':status']; });
request.on('data', piece => { length += piece.length; });
request.on('end', () => { console.log(status, length); session.close(); });
request.end(Buffer.alloc(1_000_000, 'x'));
