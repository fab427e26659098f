// Requests and responses that are born as the service's own, with what Express adds to Node's.
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

/** Before Node 22, Reflect.construct() costs several times what all else of a request does; from then on, it is the quicker way. */
const [MAJOR = 0] = process.versions.node.split('.').map(Number);
const isReflectSlow = MAJOR < 22;

interface Classes {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
}

/**
 * Express gives each request and response its own prototype, after Node has made them. To change the prototype of an
 * object costs more than to make one, so here they come into the world with it, and Express finds nothing to change.
 * @returns the classes that http.createServer() is to make them of
 */
export function classesOf(app: Express): Classes {
  // A class whose prototype another has made cannot be written as one.
  return {
    IncomingMessage: subclassOf(IncomingMessage, app.request),
    ServerResponse: subclassOf(ServerResponse, app.response),
  } as unknown as Classes;
}

function subclassOf(base: typeof IncomingMessage | typeof ServerResponse, prototype: object): object {
  const construct = isReflectSlow
    ? function (this: object, ...args: unknown[]) {
        Reflect.apply(base, this, args);
      }
    : function (...args: unknown[]) {
        return Reflect.construct(base, args, construct) as object;
      };
  construct.prototype = prototype;
  return construct;
}
