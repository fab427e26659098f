// Entry of the process that loads the file that declares a service's settings, and says what became of that.
import { pathToFileURL } from 'node:url';
import { tellPrimary } from '../process/channel';
import { reasonOf } from '../process/failure';
import { isConfigError } from '../settings/config';
import type { Loaded } from './settings';

const [, , file = ''] = process.argv;

const tell: (outcome: Loaded) => void = tellPrimary;
const fail = (error: unknown) => {
  tell(isConfigError(error) ? { problems: error.problems } : { error: reasonOf(error) });
};

// Also a promise's rejection that nobody handles.
process.on('uncaughtException', fail);
// Whoever asked has gone. Until then, the channel keeps this process running.
process.on('disconnect', () => process.exit());

import(pathToFileURL(file).href).then(() => {
  // A rejection that it leaves comes first.
  setImmediate(() => {
    tell({ problems: [] });
  });
}, fail);
