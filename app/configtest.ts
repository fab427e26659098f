// Entry that only checks the settings: exit code 0, or 78 and what is wrong on stderr.
import { configOrExit } from './server/config';

configOrExit();
