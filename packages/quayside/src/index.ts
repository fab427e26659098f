// What whoever writes a service may import. To import it has no effect of its own.
import type { Logger } from './process/log';

export type { CreateApp, Service } from './http/service';
export { log } from './process/log';
export type { Logger };
export { defineSettings, type Settings } from './settings/own';
// envalid's, from which own validators are made, too.
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
