// Classes of requests and responses that already have the prototypes of the service's Express app.
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

/** Before Node 22, Reflect.construct() costs several times the rest of a request; from then on, it is the faster way. */
const [MAJOR = 0] = process.versions.node.split('.').map(Number);
const isReflectSlow = MAJOR < 22;

interface Classes {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
}

/**
 * Express replaces the prototype of each request and response that Node has created. That costs more than creating the
 * object, so here they are created with the right prototype, and Express finds nothing to change.
 * @returns the classes for http.createServer()
 */
export function classesOf(app: Express): Classes {
  // The class syntax cannot use an existing object as prototype.
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
