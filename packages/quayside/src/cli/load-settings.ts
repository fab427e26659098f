// Entry of the process that loads a service's settings file, for production.
import { pathToFileURL } from 'node:url';
import { reportSettings } from '../process/service-settings';

const [, , file = ''] = process.argv;

reportSettings(() => import(pathToFileURL(file).href));
