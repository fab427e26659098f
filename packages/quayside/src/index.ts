// What a service may import. Importing it has no side effect.
import type { Logger } from './process/log';

export type { CreateApp, Service } from './http/service';
export { log } from './process/log';
export type { Logger };
export { defineSettings, type Settings } from './settings/own';
// envalid's validators, and what others are made with.
export { bool, email, host, json, makeExactValidator, makeValidator, num, port, str, testOnly, url } from 'envalid';
export type {
  BaseValidator,
  ExactValidator,
  OptionalValidatorSpec,
  RequiredValidatorSpec,
  Spec,
  StructuredValidator,
  ValidatorSpec,
} from 'envalid';

declare global {
  // Express's own, which is a namespace for others to add to.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** The log, with the id of this request in each line, and with its trace. */
      log: Logger;
    }
  }
}
