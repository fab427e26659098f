// Settings that a service declares: read like the server's, but their values are never shown.
import * as envalid from 'envalid';
import type { OptionalValidatorSpec, RequiredValidatorSpec, ValidatorSpec } from 'envalid';
import { ConfigError, settings as serverSettings } from './config';
import { fileVariable, readGiven } from './given';

/** The values of settings, typed by their validators. */
export type Settings<Specs> = Readonly<{
  [Name in keyof Specs]: Specs[Name] extends OptionalValidatorSpec<infer Value>
    ? Value | undefined
    : Specs[Name] extends RequiredValidatorSpec<infer Value>
      ? Value
      : never;
}>;

type Spec = ValidatorSpec<unknown>;

/** What envalid's validators expect. Their own messages would repeat the value. */
const EXPECTED = new Map<Spec['_parse'], string>([
  [envalid.bool()._parse, 'true or false'],
  [envalid.num()._parse, 'a number'],
  [envalid.str()._parse, 'text'],
  [envalid.email()._parse, 'an email address'],
  [envalid.host()._parse, 'a domain name or an IP address'],
  [envalid.port()._parse, 'a port from 1 to 65535'],
  [envalid.url()._parse, 'a URL'],
  [envalid.json()._parse, 'JSON'],
]);

/** A message that contains this many consecutive characters of a value counts as repeating it. */
const MIN_PART = 4;
/** Longer messages are not shown, in characters. */
const MAX_MESSAGE = 500;

/**
 * Declares settings, and reads each from the environment variable of its name or from the file whose path is in
 * NAME_FILE. An empty variable counts as unset.
 * @param specs - envalid's validators by name, such as { DATABASE_URL: url(), GREETING: str({ default: 'Hello' }) }
 * @returns the values: frozen, validated, and typed by the validators
 * @throws ConfigError that lists every problem with the name and what is expected, without the value
 */
export function defineSettings<Specs extends Record<string, object>>(specs: Specs): Settings<Specs> {
  // If the parameter had this type, TypeScript would widen choices to string.
  const declared = specs as Record<string, Spec | undefined>;
  const names = Object.keys(declared);
  const given = readGiven(names, process.env);
  const problems = new Map([...given.problems, ...nameProblems(names)]);
  const guarded = Object.fromEntries(names.map((name) => [name, guard(name, declared[name], problems)]));
  const checked = envalid.customCleanEnv(given.values, guarded, (values) => values as Record<string, unknown>, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) {
        if (error === undefined || problems.has(name)) continue;
        const source = given.fromFile.has(name) ? `, from ${fileVariable(name)}` : '';
        const isMissing = error instanceof envalid.EnvMissingError;
        problems.set(name, isMissing ? missing(name, declared[name]) : `${name}${source}: ${error.message}`);
      }
    },
  });
  if (problems.size > 0) throw new ConfigError(names.flatMap((name) => problems.get(name) ?? []));
  return Object.freeze(Object.fromEntries(names.map((name) => [name, checked[name]]))) as Settings<Specs>;
}

/** @returns for each name that a service must not use, a line that says why */
function nameProblems(names: string[]): [string, string][] {
  const servers = Object.keys(serverSettings(false));
  return names.flatMap((name): [string, string][] => {
    if (name in Object.prototype) return [[name, `${name} is a name that every object has: expected another name`]];
    if (servers.includes(name)) return [[name, `${name} is a setting of the server: expected another name`]];
    const of = [...servers, ...names].find((other) => fileVariable(other) === name);
    return of === undefined ? [] : [[name, `${name} names the file of ${of}: expected another name`]];
  });
}

function missing(name: string, spec: Spec | undefined): string {
  return `${name} is not set: ${expectationOf(spec)}. Set it, or ${fileVariable(name)} to the path of a file that holds it`;
}

/** @returns what is expected, with the declaration's own example, description and link */
function expectationOf(spec: Spec | undefined): string {
  const { _parse, choices, desc, example, docs } = spec ?? {};
  const known = _parse === undefined ? undefined : EXPECTED.get(_parse);
  const what = choices ? `one of ${choices.map(String).join(', ')}` : (known ?? 'a value that its validator accepts');
  return [
    `expected ${what}`,
    example === undefined ? '' : `, such as ${example}`,
    desc === undefined ? '' : ` (${desc})`,
    docs === undefined ? '' : `; see ${docs}`,
  ].join('');
}

/**
 * Wraps a validator so that its errors say what is expected, not what was given.
 * @param problems - collects what is wrong with the declaration
 */
function guard(name: string, spec: Spec | undefined, problems: Map<string, string>): Spec {
  if (typeof spec?._parse !== 'function') {
    problems.set(name, `${name} is declared without a validator: expected one, such as str()`);
    return envalid.str({ default: '' });
  }
  const { requiredWhen } = spec;
  const isRequired = (values: Record<string, unknown>) => {
    try {
      return requiredWhen?.(values);
    } catch {
      problems.set(name, `${name}: its requiredWhen() failed, so whether it is required is not known`);
      return false;
    }
  };
  return {
    ...spec,
    ...(requiredWhen && { requiredWhen: isRequired }),
    _parse: (input) => valueOf(spec, input),
  };
}

/**
 * @returns the value as parsed by its validator
 * @throws Error that says what is expected. The validator's own error is not passed on: it may contain the value anywhere,
 *   such as in its stack or its cause
 */
function valueOf(spec: Spec, input: string): unknown {
  let message: string | undefined;
  try {
    const value = spec._parse(input);
    // Checked here because envalid's message about choices would show the value.
    const isOne = !spec.choices || spec.choices.includes(value);
    if (isOne && value !== undefined && value !== null) return value;
  } catch (thrown) {
    message = messageOf(thrown);
  }
  throw new Error(message === undefined || repeats(message, input) ? expectationOf(spec) : message);
}

/** @returns the message of whatever a validator has thrown */
function messageOf(thrown: unknown): string | undefined {
  try {
    const { message } = thrown as { message?: unknown };
    return typeof message === 'string' && message !== '' ? message : undefined;
  } catch {
    return undefined;
  }
}

/** @returns whether a message may contain a value or a part of it, ignoring case */
function repeats(message: string, value: string): boolean {
  if (message.length > MAX_MESSAGE) return true;
  const [text, secret] = [message.toLowerCase(), value.toLowerCase()];
  const length = Math.min(MIN_PART, secret.length);
  for (let at = 0; at + length <= secret.length; at += 1) {
    if (text.includes(secret.slice(at, at + length))) return true;
  }
  return false;
}
