// Errors that are answered with a status of their own, and the handler that does so.
import type { ErrorRequestHandler } from 'express';
import { ZodError } from 'zod';

export enum Status {
  BadRequest = 400,
  Unauthorized = 401,
  Forbidden = 403,
  NotFound = 404,
  Conflict = 409,
}

export class Problem extends Error {
  override readonly name: string = 'Problem';

  constructor(
    readonly status: Status,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  toJSON(): { status: number; title: string; detail: string } {
    return { status: this.status, title: this.name, detail: this.message };
  }
}

export const answerProblem: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (error instanceof Problem) {
    res.status(error.status).type('application/problem+json').send(JSON.stringify(error));
  } else if (error instanceof ZodError) {
    const issues = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    res.status(Status.BadRequest).json({ status: Status.BadRequest, title: 'Invalid', issues });
  } else {
    next(error);
  }
};
