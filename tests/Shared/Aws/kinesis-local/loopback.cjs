// kinesis-local listens on every interface. A test server is nobody's business but the test's.
const { Server } = require('node:net');
const listen = Server.prototype.listen;
Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'number' || typeof first === 'string') {
    return listen.call(this, { port: Number(first), host: '127.0.0.1' }, ...rest.filter(argument => typeof argument === 'function'));
  }
  if (first && typeof first === 'object' && 'port' in first) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);
  }
  return listen.call(this, first, ...rest);
};
// The test holds our standard input open; when it goes away, so do we.
process.stdin.on('end', () => process.exit(0)).resume();
