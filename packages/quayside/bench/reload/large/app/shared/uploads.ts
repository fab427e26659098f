// Files that are sent: how many, how large and of which types they may be.
import type { RequestHandler } from 'express';
import multer, { memoryStorage } from 'multer';
import { Problem, Status } from './problems';

export interface Limits {
  /** In bytes. */
  size: number;
  count: number;
  types: readonly string[];
}

export interface Upload {
  name: string;
  type: string;
  content: Buffer;
}

/** @returns a handler that reads the files of a form's field */
export function receive(field: string, { size, count, types }: Limits): RequestHandler {
  const form = multer({
    storage: memoryStorage(),
    limits: { fileSize: size, files: count },
    fileFilter: (_req, file, done) => {
      if (types.includes(file.mimetype)) done(null, true);
      else done(new Problem(Status.BadRequest, `${file.originalname}: expected ${types.join(' or ')}`));
    },
  });
  return form.array(field, count);
}

/** @returns what was sent */
export function uploadsOf(files: unknown): Upload[] {
  const sent = (Array.isArray(files) ? files : []) as Express.Multer.File[];
  return sent.map(({ originalname, mimetype, buffer }) => ({ name: originalname, type: mimetype, content: buffer }));
}
