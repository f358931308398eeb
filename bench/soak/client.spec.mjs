import { createServer } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { SoakClient } from './client.mjs';

let server;
let client;
afterEach(() => {
  client.close();
  server.close();
});

it('fails a call whose answer is reset in the middle, and lives', async () => {
  // Vitest fails the run where an error is heard by nobody.
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('a part', () => setTimeout(() => response.socket.resetAndDestroy(), 50));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new SoakClient(`http://127.0.0.1:${server.address().port}`);
  await expect(client.call(null, 'GET', '/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  await expect(client.stream(null, '/')).rejects.toMatchObject({ code: 'ECONNRESET' });
});
