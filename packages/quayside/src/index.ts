// The public API for services. Importing it has no side effect.
import type { Logger } from './process/log';

export type { CreateApp, Service } from './http/service';
export { log } from './process/log';
export type { Logger };
export { defineSettings, type Settings } from './settings/own';
// envalid's validators, and the functions to make new ones.
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
  // Express's own namespace, meant for augmentation.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** The log, with this request's id and trace in each line. */
      log: Logger;
    }
  }
}
