// Whether this process's human-readable output has colours.
import { isatty } from 'node:tty';

/**
 * Decides by the conventions of https://no-color.org and https://force-color.org: NO_COLOR, then FORCE_COLOR, then
 * whether stdout is a terminal with colours. An empty variable counts as unset.
 */
export function hasColour(env: NodeJS.ProcessEnv = process.env, isTerminal = isatty(1)): boolean {
  if (isSet(env.NO_COLOR)) return false;
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTerminal && env.TERM !== 'dumb';
}

/**
 * Makes Node.js, and with it the service's console.log(), decide the same way: Node treats an empty variable as set, and
 * prefers FORCE_COLOR, with a warning.
 */
export function settleColour(env: NodeJS.ProcessEnv = process.env): void {
  if (!isSet(env.NO_COLOR)) delete env.NO_COLOR;
  if (!isSet(env.FORCE_COLOR) || isSet(env.NO_COLOR)) delete env.FORCE_COLOR;
}

const isSet = (value: string | undefined) => value !== undefined && value !== '';
