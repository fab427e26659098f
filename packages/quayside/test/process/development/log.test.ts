// What a service writes by the server's log, in development.
import { get, project, start, useDevelopment } from '../../../harness/development';

useDevelopment();

const logging = (text: string) => `
  import express from 'express';
  import { log } from 'quayside';
  log.info({ of: '${text}' }, 'loaded');
  export function createApp() {
    const app = express();
    app.get('/', (req, res) => {
      req.log.info('asked');
      req.log.warn('warned');
      res.send('${text}');
    });
    return app;
  }`;

const headers = { 'X-Request-Id': 'id-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

test('its lines are as readable as the others, also after a reload, and types are checked', async () => {
  project.replaceService(logging('old'));
  const server = start();
  await server.line(/^[\d:]+ loaded {"of":"old"}$/);
  await server.line(/serving after/);
  await get('/', headers);
  await server.line(/^[\d:]+ asked$/);
  await server.line(
    /^[\d:]+ WARN: warned {"id":"id-1","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331"}$/,
  );
  await server.line(/^[\d:]+ GET \/ 200 \S+ ms$/);
  project.replaceService(logging('new').replace("warn('warned')", "shout('warned')"));
  await server.line(/^[\d:]+ loaded {"of":"new"}$/);
  await server.line(/types: 1 wrong[^]*shout/);
  project.replaceService(logging('right'));
  await server.line(/types: all right again/);
});

test('at debug they have what the request has', async () => {
  project.replaceService(logging('old'));
  const server = start({ LOG_LEVEL: 'debug' });
  await server.line(/serving after/);
  await get('/', headers);
  await server.line(/^[\d:]+ asked {"id":"id-1","trace_id":"0af7651916cd43dd8448eb211c80319c",/);
});
