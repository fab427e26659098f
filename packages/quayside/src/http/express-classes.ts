// Requests and responses that are born as the service's own, with what Express adds to Node's.
import { IncomingMessage, ServerResponse, type ServerOptions } from 'node:http';
import type { Express } from 'express';

/**
 * Express gives each request and response its own prototype, after Node has made them. To change the prototype of an
 * object costs more than to make one, so here they come into the world with it, and Express finds nothing to change.
 * @returns the classes that http.createServer() is to make them of
 */
export function classesOf(app: Express): Required<Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>> {
  function Request(...args: unknown[]) {
    return Reflect.construct(IncomingMessage, args, Request) as object;
  }
  function Response(...args: unknown[]) {
    return Reflect.construct(ServerResponse, args, Response) as object;
  }
  Request.prototype = app.request;
  Response.prototype = app.response;
  // A class whose prototype another has made cannot be written as one.
  return { IncomingMessage: Request, ServerResponse: Response } as unknown as ReturnType<typeof classesOf>;
}
