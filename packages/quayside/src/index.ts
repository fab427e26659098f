// What whoever writes a service may import. To import it has no effect of its own.
export type { CreateApp, Service } from './http/service';
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
